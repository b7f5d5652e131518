import { join } from 'node:path';
import { runTool } from './run';
import type { Verb } from './verb';

interface Check {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** What a reviewer need not look for. Each runs even when one before it failed, so that one run names everything. */
const checks: readonly Check[] = [
  { name: 'types', program: 'tsc', args: ['-p', 'tsconfig.tests.json'] },
  { name: 'types of the storefront', program: 'tsc', args: ['-b', 'gateway/web'] },
  { name: 'types of its tests', program: 'tsc', args: ['-p', 'gateway/web/test'] },
  { name: 'types of what k6 runs', program: 'tsc', args: ['-p', 'load-tests/tsconfig.k6.json'] },
  { name: 'lint', program: 'oxlint', args: ['--deny-warnings'] },
  { name: 'format', program: 'oxfmt', args: ['--check'] },
  { name: 'generated files', program: 'stampede', args: ['sync', '--check'] },
  { name: 'house rules', program: 'stampede', args: ['test', join('libs', 'tooling', 'workspace', 'src', 'tidy')] },
];

export const checkVerb: Verb = (program, { root, print }) => {
  program
    .command('check')
    .description('types, lint, format, generated files, house rules')
    .action(async () => {
      const failed: string[] = [];
      for (const check of checks) {
        print(`check: ${check.name}`);
        if ((await runTool(root, ...commandOf(root, check))) !== 0) failed.push(check.name);
      }
      print(failed.length === 0 ? 'check: all is well' : `check: failed: ${failed.join(', ')}`);
      process.exitCode = failed.length === 0 ? 0 : 1;
    });
};

function commandOf(root: string, { program, args }: Check): [string, readonly string[]] {
  return program === 'stampede' ? [process.execPath, [join(root, 'bin', 'stampede.mjs'), ...args]] : [program, args];
}
