/** One configuration for every project: `jest <folder>` runs what lies below that folder. */
module.exports = {
  rootDir: __dirname,
  roots: ['<rootDir>/libs', '<rootDir>/services', '<rootDir>/gateway'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  watchPathIgnorePatterns: ['/dist/', '/\\.stampede/'],
  testEnvironment: 'node',
  // Workspace packages resolve to their sources, so a test never runs a stale build.
  testEnvironmentOptions: { customExportConditions: ['stampede-source', 'node', 'require', 'default'] },
  // Type checking is tsc's work; here only types are stripped and decorator metadata is emitted.
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/libs/mechanism/db/src/testing/global-setup.ts',
  globalTeardown: '<rootDir>/libs/mechanism/db/src/testing/global-teardown.ts',
  // Two cores are what the slowest machine that we promise anything for has.
  maxWorkers: 2,
  testTimeout: 20_000,
};
