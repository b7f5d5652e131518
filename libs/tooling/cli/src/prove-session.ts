import { relative } from 'node:path';
import {
  clusterWorld,
  definitionOf,
  keepEvidence,
  keepProof,
  proofFolder,
  prove,
  realWorld,
  whyInWords,
  type Form,
  type Journal,
  type ProveOptions,
  type ShortProof,
  type Tier,
} from '@stampede/prove';
import { stateFolder } from '@stampede/supervisor';
import type { ChosenClaim } from './chosen-claims';
import { commitOf } from './commit';
import type { Surroundings } from './verb';
import { worldWithK6 } from './world-with-k6';

export interface ProofWishes {
  readonly form: Form;
  readonly control: ProveOptions['control'];
  readonly repeat?: number;
  readonly seed: number;
  /** Publish the evidence of whole proofs: what could not be tried says nothing of the last one. */
  readonly keep: boolean;
  readonly ignoreSwitch: boolean;
  /** A claim that is not proved is tried once more. */
  readonly again: boolean;
  /** No claim is begun after that. */
  readonly mostMs: number;
}

/** One claim of a session with what came of it, every try; none: the time was over. */
export interface Proof {
  readonly stated: ChosenClaim;
  readonly journals: readonly Journal[];
}

/** Proves claims one after another on this machine, until its signal aborts. */
export class ProofSession {
  private readonly worlds: Readonly<Record<Tier, ReturnType<typeof realWorld>>>;
  private readonly state: string;
  private readonly startedAt = performance.now();

  constructor(
    private readonly surroundings: Surroundings,
    private readonly wishes: ProofWishes,
    private readonly signal: AbortSignal,
  ) {
    const { root, env } = surroundings;
    this.worlds = { local: worldWithK6(realWorld({ root, env })), cluster: worldWithK6(clusterWorld({ root })) };
    this.state = stateFolder(root, env);
  }

  /** @throws the signal's reason */
  async prove(claims: readonly ChosenClaim[]): Promise<readonly Proof[]> {
    const proofs: Proof[] = [];
    for (const stated of claims) {
      const isLate = performance.now() - this.startedAt > this.wishes.mostMs;
      proofs.push({ stated, journals: isLate ? [] : await this.triesOf(stated) });
    }
    return proofs;
  }

  private async triesOf(stated: ChosenClaim): Promise<readonly Journal[]> {
    const first = await this.try(stated);
    const isOver = first.verdict === 'PASS' || first.verdict === 'UNAVAILABLE' || !this.wishes.again;
    return isOver ? [first] : [first, await this.try(stated, [{ verdict: first.verdict, why: first.why }])];
  }

  private async try({ claim, file }: ChosenClaim, before?: Journal['before']): Promise<Journal> {
    const { form, control, repeat, seed, keep, ignoreSwitch } = this.wishes;
    const { root, print } = this.surroundings;
    const options: ProveOptions = {
      ...{ form, control, seed, ignoreSwitch, signal: this.signal },
      ...(repeat === undefined ? {} : { repeat }),
      folder: proofFolder(this.state, claim.id, form),
      report: sinceNow(print),
      origin: {
        definition: definitionOf(root, { file }),
        commit: commitOf(root),
        command: commandLine(claim.id, this.wishes),
      },
    };
    const tried = await prove(this.worlds[claim.tier], claim, options);
    const journal: Journal & ShortProof = {
      ...tried,
      ...(before === undefined ? {} : { before }),
      ...(repeat !== undefined && repeat < claim.forms[form].repeat
        ? { neededExperiments: claim.forms[form].repeat }
        : {}),
    };
    const page = keepProof(this.state, journal);
    if (keep && this.isWhole(claim, journal)) keepEvidence(root, journal);
    print(`${claim.id} ${journal.verdict}: ${whyInWords(journal.why)}`);
    print(`  ${relative(process.cwd(), page)}`);
    return journal;
  }

  /** Half a proof, or fewer repetitions than the promise needs, must not stand in the place of a whole one. */
  private isWhole({ forms }: ChosenClaim['claim'], { form, verdict }: Journal): boolean {
    const { control, ignoreSwitch, repeat = Infinity } = this.wishes;
    return control === 'run' && !ignoreSwitch && repeat >= forms[form].repeat && verdict !== 'UNAVAILABLE';
  }
}

/** Lines with the seconds since now. */
function sinceNow(print: (line: string) => void): (line: string) => void {
  const from = performance.now();
  return (line) => print(`${String(Math.round((performance.now() - from) / 1_000)).padStart(4)} s  ${line}`);
}

function commandLine(id: string, { form, seed, repeat, control, ignoreSwitch }: ProofWishes): string {
  return [
    `npx stampede prove ${id}`,
    ...(form === 'full' ? ['--full'] : []),
    ...(control === 'run' ? [] : [`--control ${control}`]),
    ...(ignoreSwitch ? ['--ignore-switch'] : []),
    ...(repeat === undefined ? [] : [`--repeat ${repeat}`]),
    ...(seed === 1 ? [] : [`--seed ${seed}`]),
  ].join(' ');
}
