import { relative } from 'node:path';
import {
  definitionOf,
  keepEvidence,
  keepProof,
  loadClaims,
  proofFolder,
  prove,
  realWorld,
  verdictTable,
  type Form,
  type Journal,
  type ProveOptions,
  type StatedClaim,
  type Tier,
} from '@stampede/prove';
import { Refusal, stateFolder } from '@stampede/supervisor';
import { Option } from 'commander';
import { wholeNumber } from './arguments';
import { commitOf } from './commit';
import type { Surroundings, Verb } from './verb';

interface ProveFlags {
  readonly list?: true;
  readonly all?: true;
  readonly tier: Tier;
  readonly full?: true;
  readonly control?: 'only' | 'skip';
  readonly repeat?: number;
  readonly seed: number;
  readonly keep?: true;
}

/** Nothing was shown to be wrong, but something could not be tried. */
const UNAVAILABLE_EXIT = 3;
const INTERRUPTED_EXIT = 130;

export const proveVerb: Verb = (program, surroundings) => {
  program
    .command('prove')
    .description('break the shop on purpose: an experiment for a claim, and a control that must fail')
    .argument('[ids...]', 'claims, such as L2')
    .option('--list', 'all claims with their last verdicts')
    .option('--all', 'every claim of the tier')
    .addOption(new Option('--tier <tier>', 'with --all').choices(['local', 'cluster']).default('local'))
    .option('--full', 'the durations and repetitions that the promise needs; default is the quick form')
    .addOption(new Option('--control <which>', 'one half of a proof, which proves nothing').choices(['only', 'skip']))
    .option('--repeat <n>', 'experiments of one claim', wholeNumber(1))
    .option('--seed <n>', 'the same seed gives the same faults and buyers', wholeNumber(0), 1)
    .option('--keep', 'publish the evidence in load-tests/evidence, not only in the state folder')
    .action(async (ids: string[], flags: ProveFlags) => {
      const { root, env, print } = surroundings;
      const claims = loadClaims(root);
      if (flags.list === true) return verdictTable(root, stateFolder(root, env), claims).forEach(print);
      process.exitCode = await proveAll(chosen(claims, ids, flags), flags, surroundings);
    });
};

function chosen(claims: readonly StatedClaim[], ids: readonly string[], flags: ProveFlags): readonly StatedClaim[] {
  if (flags.all === true) return claims.filter(({ claim }) => claim.tier === flags.tier);
  if (ids.length === 0) throw new Refusal('name a claim, or --all: `npx stampede prove --list` shows them');
  return ids.map((id) => {
    const found = claims.find(({ claim }) => claim.id === id.toUpperCase());
    if (found === undefined) throw new Refusal(`no claim is called ${id}: \`npx stampede prove --list\` shows them`);
    return found;
  });
}

/** Resolves with the exit code: 0 when all are proved. */
async function proveAll(
  claims: readonly StatedClaim[],
  flags: ProveFlags,
  surroundings: Surroundings,
): Promise<number> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort(new Refusal('interrupted: the fault is undone and the shop is closed'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const world = realWorld({ root: surroundings.root, env: surroundings.env });
  const journals: Journal[] = [];
  try {
    for (const stated of claims) journals.push(await proveOne(stated, { flags, surroundings, world, interrupt }));
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    process.exitCode = INTERRUPTED_EXIT;
    throw interrupt.signal.reason;
  }
  return exitCode(journals);
}

interface Session {
  readonly flags: ProveFlags;
  readonly surroundings: Surroundings;
  readonly world: ReturnType<typeof realWorld>;
  readonly interrupt: AbortController;
}

async function proveOne({ claim, file }: StatedClaim, session: Session): Promise<Journal> {
  const { flags, interrupt, world } = session;
  const { root, env, print } = session.surroundings;
  const form: Form = flags.full === true ? 'full' : 'quick';
  const state = stateFolder(root, env);
  const options: ProveOptions = {
    form,
    control: flags.control ?? 'run',
    seed: flags.seed,
    ...(flags.repeat === undefined ? {} : { repeat: flags.repeat }),
    folder: proofFolder(state, claim.id, form),
    signal: interrupt.signal,
    report: sinceNow(print),
    origin: { definition: definitionOf(root, { file }), commit: commitOf(root), command: commandLine(claim.id, flags) },
  };
  const journal = await prove(world, claim, options);
  const page = keepProof(state, journal);
  if (flags.keep === true) keepEvidence(root, journal);
  print(`${claim.id} ${journal.verdict}: ${journal.why}`);
  print(`  ${relative(process.cwd(), page)}`);
  return journal;
}

/** Lines with the seconds since now. */
function sinceNow(print: (line: string) => void): (line: string) => void {
  const from = performance.now();
  return (line) => print(`${String(Math.round((performance.now() - from) / 1_000)).padStart(4)} s  ${line}`);
}

function commandLine(id: string, { full, seed, repeat, control }: ProveFlags): string {
  return [
    `npx stampede prove ${id}`,
    ...(full === true ? ['--full'] : []),
    ...(control === undefined ? [] : [`--control ${control}`]),
    ...(repeat === undefined ? [] : [`--repeat ${repeat}`]),
    ...(seed === 1 ? [] : [`--seed ${seed}`]),
  ].join(' ');
}

function exitCode(journals: readonly Journal[]): number {
  const others = journals.filter(({ verdict }) => verdict !== 'PASS');
  if (others.length === 0) return 0;
  return others.every(({ verdict }) => verdict === 'UNAVAILABLE') ? UNAVAILABLE_EXIT : 1;
}
