import { sync } from '@stampede/workspace';
import type { Verb } from './verb';

export const syncVerb: Verb = (program, { root, print }) => {
  program
    .command('sync')
    .description(
      'bring generated files up to date: lint boundaries, references, settings tables, claims, mesh policies',
    )
    .option('--check', 'change nothing; exit with 1 when something is not up to date')
    .action(({ check }: { check?: true }) => {
      const stale = sync(root, { check: check === true });
      for (const path of stale)
        print(check === true ? `${path} is not up to date: run \`npx stampede sync\`` : `${path} is written`);
      if (check === true && stale.length > 0) process.exitCode = 1;
    });
};
