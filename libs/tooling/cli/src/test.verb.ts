import { join } from 'node:path';
import { runTool } from './run';
import type { Verb } from './verb';

export const testVerb: Verb = (program, { root, env }) => {
  program
    .command('test')
    .description("run the tests, all of them or those below a path; jest's options pass through")
    .argument('[paths and options...]')
    .allowUnknownOption()
    .action(async (args: string[]) => {
      const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
      // Nest is pure ESM: jest loads it by `require` only with its own module loader on.
      const NODE_OPTIONS =
        `${env['NODE_OPTIONS'] ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim();
      process.exitCode = await runTool(root, process.execPath, [jest, ...args], { NODE_OPTIONS });
    });
};
