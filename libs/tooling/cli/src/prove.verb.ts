import { loadClaims, verdictTable, type StatedClaim, type Tier } from '@stampede/prove';
import { stateFolder } from '@stampede/supervisor';
import { Option } from 'commander';
import { wholeNumber } from './arguments';
import { asClaimedToday, chosenClaims, OWN_TIER, type ChosenClaim } from './chosen-claims';
import { interruptible } from './interrupt';
import { exitCode, summary } from './prove-outcome';
import { ProofSession, type Proof, type ProofWishes } from './prove-session';
import { sweepLabs } from './sweep-labs';
import type { Surroundings, Verb } from './verb';

interface ProveFlags {
  readonly list?: true;
  readonly all?: true;
  readonly due?: true;
  readonly tier?: Tier;
  readonly full?: true;
  readonly control?: 'only' | 'skip';
  readonly repeat?: number;
  readonly seed: number;
  readonly keep?: true;
  readonly again?: true;
  readonly ignoreSwitch?: true;
  readonly minutes?: number;
}

const TIERS: readonly Tier[] = ['local', 'cluster'];
const MINUTE_MS = 60_000;
/** CI looks for its beginning. */
const NOTHING_DUE = 'nothing is due today: no claim with evidence has changed or has its turn';

export const proveVerb: Verb = (program, surroundings) => {
  program
    .command('prove')
    .description('break the shop on purpose: an experiment for a claim, and a control that must fail')
    .argument('[ids...]', 'claims, such as L2')
    .option('--list', 'claims with their last verdicts: all, those named, or those of a tier')
    .option('--all', 'every claim of the tier')
    .option('--due', 'of the claims with evidence, those whose code changed since, and every second one of the rest')
    .addOption(new Option('--tier <tier>', `with --all and --due (default: ${OWN_TIER}), and --list`).choices(TIERS))
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
      const table = (shown: readonly StatedClaim[]) =>
        verdictTable(root, stateFolder(root, env), asClaimedToday(root, shown)).forEach(print);
      const asked = chosenClaims(root, claims, { ids, ...flags });
      if (flags.list === true) return table(asked);
      if (asked.length === 0) print(NOTHING_DUE);
      const proofs = await proveAll(asked, flags, surroundings);
      if (proofs.length > 1 || flags.due === true) summary(proofs).forEach(print);
      if (flags.due === true) {
        print('not run this time:');
        table(claims.filter(({ claim }) => !wasRun(proofs, claim.id) && claim.tier === (flags.tier ?? OWN_TIER)));
      }
      process.exitCode = exitCode(proofs);
    });
};

async function proveAll(
  claims: readonly ChosenClaim[],
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
  await sweepLabs();
  return interruptible('interrupted: the fault is undone and the shop is closed', (signal) =>
    new ProofSession(surroundings, wishes, signal).prove(claims),
  );
}

function wasRun(proofs: readonly Proof[], id: string): boolean {
  return proofs.some(({ stated, journals }) => stated.claim.id === id && journals.length > 0);
}
