import { Command } from 'commander';
import { Refusal } from '@stampede/supervisor';
import type { Verb } from './verb';

/** Each is loaded when it is asked for: the runner of a shop need not hold what `onsale` is made of. */
const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  start: async () => (await import('./start.verb.js')).startVerb,
  onsale: async () => (await import('./onsale.verb.js')).onsaleVerb,
  token: async () => (await import('./token.verb.js')).tokenVerb,
  audit: async () => (await import('./audit.verb.js')).auditVerb,
  erase: async () => (await import('./erase.verb.js')).eraseVerb,
  test: async () => (await import('./test.verb.js')).testVerb,
  check: async () => (await import('./check.verb.js')).checkVerb,
  build: async () => (await import('./build.verb.js')).buildVerb,
  sync: async () => (await import('./sync.verb.js')).syncVerb,
  prove: async () => (await import('./prove.verb.js')).proveVerb,
  cluster: async () => (await import('./cluster.verb.js')).clusterVerb,
  release: async () => (await import('./release.verb.js')).releaseVerb,
  sbom: async () => (await import('./sbom.verb.js')).sbomVerb,
  bench: async () => (await import('./bench.verb.js')).benchVerb,
};

/**
 * Runs one command line, `argv` as Node gives it. When the verb refuses, the process ends with one line and the code
 * that the verb has set, or 1.
 */
export async function main(argv: readonly string[], root: string): Promise<void> {
  const program = new Command('stampede')
    .description('A ticket on-sale that proves what it promises.')
    .helpCommand(false);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const asked = verbs[argv[2] ?? ''];
  for (const load of asked === undefined ? Object.values(verbs) : [asked]) {
    (await load())(program, { root, env: process.env, print });
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`stampede: ${error.message}\n`);
    process.exitCode ??= 1;
  }
}
