import { dueClaims, loadClaims, verdictTable, type StatedClaim, type Tier } from '@stampede/prove';
import { Refusal, stateFolder } from '@stampede/supervisor';
import { Option } from 'commander';
import { wholeNumber } from './arguments';
import { interruptible } from './interrupt';
import { ProofSession, type Proof, type ProofWishes } from './prove-session';
import type { Surroundings, Verb } from './verb';

interface ProveFlags {
  readonly list?: true;
  readonly all?: true;
  readonly due?: true;
  readonly tier: Tier;
  readonly full?: true;
  readonly control?: 'only' | 'skip';
  readonly repeat?: number;
  readonly seed: number;
  readonly keep?: true;
  readonly again?: true;
  readonly ignoreSwitch?: true;
  readonly minutes?: number;
}

/** Nothing was shown to be wrong, but something could not be tried. */
const UNAVAILABLE_EXIT = 3;
const MINUTE_MS = 60_000;

export const proveVerb: Verb = (program, surroundings) => {
  program
    .command('prove')
    .description('break the shop on purpose: an experiment for a claim, and a control that must fail')
    .argument('[ids...]', 'claims, such as L2')
    .option('--list', 'all claims with their last verdicts')
    .option('--all', 'every claim of the tier')
    .option('--due', 'of the claims with evidence, those whose code changed since, and every second one of the rest')
    .addOption(new Option('--tier <tier>', 'with --all and --due').choices(['local', 'cluster']).default('local'))
    .option('--full', 'the durations and repetitions that the promise needs; default is the quick form')
    .addOption(new Option('--control <which>', 'one half of a proof, which proves nothing').choices(['only', 'skip']))
    .option('--repeat <n>', 'experiments of one claim', wholeNumber(1))
    .option('--seed <n>', 'the same seed gives the same faults and buyers', wholeNumber(0), 1)
    .option('--keep', 'publish the evidence in load-tests/evidence, not only in the state folder')
    .option('--again', 'try a claim that is not proved once more')
    .option('--ignore-switch', 'the control keeps its mitigation: a sound claim ends in CONTROL-PASSED then')
    .option('--minutes <n>', 'begin no claim after that', wholeNumber(1))
    .action(async (ids: string[], flags: ProveFlags) => {
      const { root, env, print } = surroundings;
      const claims = loadClaims(root);
      const table = (shown: readonly StatedClaim[]) => verdictTable(root, stateFolder(root, env), shown).forEach(print);
      if (flags.list === true) return table(claims);
      const proofs = await proveAll(chosen(root, claims, ids, flags), flags, surroundings);
      if (proofs.length > 1 || flags.due === true) summary(proofs).forEach(print);
      if (flags.due === true) {
        print('not run this time:');
        table(claims.filter(({ claim }) => !wasRun(proofs, claim.id) && claim.tier === flags.tier));
      }
      process.exitCode = exitCode(proofs);
    });
};

function chosen(
  root: string,
  claims: readonly StatedClaim[],
  ids: readonly string[],
  flags: ProveFlags,
): readonly StatedClaim[] {
  const ofTier = claims.filter(({ claim }) => claim.tier === flags.tier);
  if (flags.all === true) return ofTier;
  if (flags.due === true) return dueClaims(root, ofTier, new Date());
  if (ids.length === 0) throw new Refusal('name a claim, or --all: `npx stampede prove --list` shows them');
  return ids.map((id) => {
    const found = claims.find(({ claim }) => claim.id === id.toUpperCase());
    if (found === undefined) throw new Refusal(`no claim is called ${id}: \`npx stampede prove --list\` shows them`);
    return found;
  });
}

function proveAll(
  claims: readonly StatedClaim[],
  flags: ProveFlags,
  surroundings: Surroundings,
): Promise<readonly Proof[]> {
  const { full, control = 'run', repeat, seed, keep = false, again = false, minutes = Infinity } = flags;
  const ignoreSwitch = flags.ignoreSwitch === true;
  const wishes: ProofWishes = {
    ...{
      form: full === true ? 'full' : 'quick',
      control,
      seed,
      keep,
      again,
      ignoreSwitch,
      mostMs: minutes * MINUTE_MS,
    },
    ...(repeat === undefined ? {} : { repeat }),
  };
  return interruptible('interrupted: the fault is undone and the shop is closed', (signal) =>
    new ProofSession(surroundings, wishes, signal).prove(claims),
  );
}

/** A line for each try, for people and for CI, which counts them. */
function summary(proofs: readonly Proof[]): string[] {
  return proofs.flatMap(({ stated: { claim }, journals }) =>
    journals.map(({ verdict, why, tookMs }, index) => {
      const which = index === 0 ? '' : ' (again)';
      const seconds = `${Math.round(tookMs / 1_000)} s`;
      return `${claim.id.padEnd(4)}${verdict}${which}, ${seconds}: ${why}`;
    }),
  );
}

function wasRun(proofs: readonly Proof[], id: string): boolean {
  return proofs.some(({ stated, journals }) => stated.claim.id === id && journals.length > 0);
}

/** The last try of each claim counts, unless it could not be made: that does not take back what went before. */
export function exitCode(proofs: readonly Pick<Proof, 'journals'>[]): number {
  const verdicts = proofs.flatMap(
    ({ journals }) => (journals.findLast(({ verdict }) => verdict !== 'UNAVAILABLE') ?? journals.at(-1))?.verdict ?? [],
  );
  const others = verdicts.filter((verdict) => verdict !== 'PASS');
  if (others.length === 0) return 0;
  return others.every((verdict) => verdict === 'UNAVAILABLE') ? UNAVAILABLE_EXIT : 1;
}
