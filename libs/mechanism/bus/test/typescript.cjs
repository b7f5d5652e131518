// Lets a child process of a test run TypeScript sources: types are stripped as jest does it.
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { transformSync } = require('@swc/core');

Module._extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2024' },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};
