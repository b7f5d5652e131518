/**
 * For tests that need a process of their own: lets plain Node `require` TypeScript sources, so that no build can be
 * stale.
 */
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    swcrc: false,
    jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2024' },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};
