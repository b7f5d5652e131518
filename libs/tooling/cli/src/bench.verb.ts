import { readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { Refusal } from '@stampede/supervisor';
import { runTool } from './run';
import type { Verb } from './verb';

const SUFFIX = '.bench.ts';
const PROJECTS = ['libs', 'services', 'gateway'];
/** Benchmarks are TypeScript, and so is what they load of their own project; libs are loaded as built. */
const HOOK = join('libs', 'tooling', 'workspace', 'typescript.cjs');

export const benchVerb: Verb = (program, { root, print }) => {
  program
    .command('bench')
    .description('run a benchmark, `<project>/<name>`, and exit by its threshold; without a name, list them')
    .argument('[name]')
    .argument('[options...]', "the benchmark's own")
    .allowUnknownOption()
    .action(async (name: string | undefined, options: string[]) => {
      const benchmarks = findBenchmarks(root);
      if (name === undefined) {
        for (const known of benchmarks.keys()) print(known);
        return;
      }
      const file = benchmarks.get(name);
      if (file === undefined) throw new Refusal(`no benchmark is called ${name}: \`npx stampede bench\` lists them`);
      const args = ['--require', join(root, HOOK), file, ...options];
      process.exitCode = await inScratch((folder) => runTool(root, process.execPath, args, { TMPDIR: folder }));
    });
};

const ENTER_ONLY = 0o711; // PostgreSQL runs as another user where we are root

/** A benchmark that is interrupted cleans nothing up itself, and its PostgreSQL writes for some seconds more. */
async function inScratch(run: (folder: string) => Promise<number>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'stampede-bench-'));
  try {
    await chmod(folder, ENTER_ONLY);
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
  }
}

/** Files of benchmarks by `<project>/<name>`; a project is the folder above `bench`. */
function findBenchmarks(root: string): ReadonlyMap<string, string> {
  const found: [string, string][] = [];
  for (const folder of PROJECTS.map((project) => join(root, project))) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(SUFFIX) || entry.parentPath.includes('node_modules')) continue;
      const project = relative(root, entry.parentPath).split(sep).at(-2) ?? '';
      found.push([`${project}/${entry.name.slice(0, -SUFFIX.length)}`, join(entry.parentPath, entry.name)]);
    }
  }
  return new Map(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
