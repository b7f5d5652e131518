import { join } from 'node:path';
import { controlsOf, type Claim, type Control, type Form } from './claim';
import type { Journal, RunRecord, Verdict } from './journal';
import { machine } from './machine';
import { runOnce } from './run';
import { ruleClaim } from './verdict';
import { Unavailable, type World } from './world';

export interface ProveOptions {
  readonly form: Form;
  /** `only`: no experiment; `skip`: no control. Neither can end in PASS. */
  readonly control: 'run' | 'only' | 'skip';
  readonly seed: number;
  /** Experiments; default what the claim's form says. */
  readonly repeat?: number;
  /** The control keeps its mitigation, so that a sound claim ends in CONTROL-PASSED: shows that the switch matters. */
  readonly ignoreSwitch?: boolean;
  /** For raw files of the runs. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
  /** What the journal says of where it comes from. */
  readonly origin: Pick<Journal, 'definition' | 'commit' | 'command'>;
}

/**
 * Experiments until one does not hold, then the control. A missing part is the verdict UNAVAILABLE; any other failure
 * of the prover itself is thrown, as is the signal's reason.
 */
export async function prove(world: World, claim: Claim, options: ProveOptions): Promise<Journal> {
  const { form, seed, origin } = options;
  const startedAt = world.now();
  const runs: RunRecord[] = [];
  const versions: Record<string, string> = {};
  let ruling: { outcome: Verdict; why: string } | undefined;
  try {
    for (const { control, ...plan } of plannedRuns(claim, options)) {
      const timing = claim.forms[form];
      const folder = join(options.folder, folderOf(claim, control, plan));
      const stated = { ...claim, control };
      const { versions: used, ...run } = await runOnce(world, { ...options, ...plan, claim: stated, timing, folder });
      Object.assign(versions, used);
      runs.push(run);
      options.report(`  ${run.role}: ${run.outcome}, ${run.why}`);
      if (run.role === 'experiment' && run.outcome !== 'holds') break;
    }
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    ruling = { outcome: 'UNAVAILABLE', why: error.message };
  }
  const { outcome: verdict, why } = ruling ?? ruleClaim(claim, runs);
  const { id, promise, tier, leansOn } = claim;
  return {
    ...{ id, promise, tier, form, verdict, why, seed, ...origin, versions, machine: machine(), runs },
    ...(leansOn === undefined ? {} : { leansOn }),
    startedAt: new Date(startedAt).toISOString(),
    tookMs: world.now() - startedAt,
  };
}

type Plan = Pick<RunRecord, 'role' | 'seed'> & { readonly control: Control };

function plannedRuns(claim: Claim, { form, control, seed, repeat }: ProveOptions): Plan[] {
  const times = control === 'only' ? 0 : (repeat ?? claim.forms[form].repeat);
  const experiments = Array.from({ length: times }, (_, index) => ({
    role: 'experiment' as const,
    seed: seed + index,
    control: claim.control,
  }));
  const controls = controlsOf(claim).map((one) => ({ role: 'control' as const, seed, control: one }));
  return control === 'skip' ? experiments : [...experiments, ...controls];
}

function folderOf(claim: Claim, { off }: Control, { role, seed }: Pick<RunRecord, 'role' | 'seed'>): string {
  return off === claim.control.off ? `${role}-${seed}` : `${role}-${seed}-${off}`;
}
