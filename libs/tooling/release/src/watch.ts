import { Refusal } from '@stampede/supervisor';
import { requestsSince } from './measure';
import type { Policy } from './policy';
import type { ReleaseVerdict, ReleaseWish } from './record';
import type { ReleaseCluster, Sight } from './sight';
import { decide, firstStep, type Step } from './steps';
import { changes, progress } from './words';

export interface WatchTools {
  readonly cluster: ReleaseCluster;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly say: (what: string) => void;
  /** The new version serves for the first time. */
  readonly onReady: () => Promise<void>;
}

export interface Outcome {
  readonly verdict: ReleaseVerdict;
  /** When the first look saw that no request goes to a version that was taken back. */
  readonly backMs: number | undefined;
  readonly unreadySinceMs: number | undefined;
}

const LOOK_EVERY_MS = 500;
/** It looks every five seconds. */
const BEGINS_WITHIN_MS = 60_000;
/** Without a look for longer than that nobody knows what happens. */
const BLIND_FOR_MS = 60_000;
const TELL_EVERY_MS = 20_000;

/** Looks at a release twice a second, opens the gate for a step that has its sample, and tells what happens. */
export class Watch {
  private last: Sight | undefined;
  private step: Step;
  private canaryRequests = '';
  private toldMs = 0;
  private wasReady = false;
  private unreadySinceMs: number | undefined;
  private backMs: number | undefined;
  private takenBackAs: 'inconclusive' | 'interrupted' | undefined;

  constructor(
    private readonly wish: ReleaseWish,
    private readonly policy: Policy,
    private readonly tools: WatchTools,
  ) {
    this.step = firstStep(tools.now());
  }

  /** From the moment in which the new version is wanted until Flagger has promoted it or taken it back. */
  async untilEnd(beganMs: number): Promise<Outcome> {
    this.canaryRequests = requestsSince(beganMs, 'canary');
    const { now, sleep } = this.tools;
    for (let seenMs = now(); ;) {
      try {
        const verdict = await this.look();
        if (verdict !== undefined) return { verdict, backMs: this.backMs, unreadySinceMs: this.unreadySinceMs };
        seenMs = now();
      } catch (error) {
        if (now() - seenMs > BLIND_FOR_MS) throw error; // a cluster may be busy for a moment: Flagger watches as well
      }
      this.mustHaveBegun();
      await sleep(LOOK_EVERY_MS);
    }
  }

  private async look(): Promise<ReleaseVerdict | undefined> {
    const sight = await this.tools.cluster.look();
    const began = this.last !== undefined && this.last.phase !== sight.phase ? sight.phase : undefined;
    // Until Flagger has seen the new version, its phase is still the end of the release before.
    const started = this.last === undefined ? sight.phase === 'Progressing' : true;
    if (!started) return undefined;
    for (const what of changes(this.last, sight, this.wish, this.policy)) this.tools.say(what);
    this.note(sight);
    if (began === 'Succeeded') return 'promoted';
    if (began === 'Failed') return this.takenBackAs ?? 'rolled-back';
    if (sight.ready && !this.wasReady) {
      await this.tools.onReady();
      this.wasReady = true;
    }
    await this.steer(sight);
    return undefined;
  }

  private mustHaveBegun(): void {
    if (this.last === undefined && this.tools.now() - this.step.fromMs > BEGINS_WITHIN_MS)
      throw new Refusal('Flagger does not begin: `kubectl logs deployment/flagger -n flagger-system` may say why');
  }

  private note(sight: Sight): void {
    if (sight.unreadySinceMs !== undefined && !this.wasReady) this.unreadySinceMs = sight.unreadySinceMs;
    if (sight.ready) this.unreadySinceMs = undefined;
    const gone = sight.weight === 0 && (this.last?.weight ?? 0) > 0;
    if (gone || (sight.phase === 'Failed' && this.backMs === undefined)) this.backMs = this.tools.now();
    this.last = sight;
  }

  private async steer(sight: Sight): Promise<void> {
    const { cluster, now, signal } = this.tools;
    const canaryRequests = (await cluster.query(this.canaryRequests)) ?? 0;
    const moment = { atMs: now(), sight, canaryRequests };
    const { step, gate, giveUp } = decide(this.step, moment, this.policy, this.wish.patienceMs);
    if (gate !== undefined) await cluster.set('gate', gate === 'open');
    if (step.weight > 0) await this.tell(step, canaryRequests, gate === 'open');
    this.step = step;
    const why = signal.aborted ? 'interrupted' : giveUp ? 'inconclusive' : undefined;
    if (why === undefined || this.takenBackAs !== undefined) return;
    this.takenBackAs = why;
    this.tools.say('it is taken back');
    await cluster.set('rollback', true);
  }

  private async tell(step: Step, canaryRequests: number, decided: boolean): Promise<void> {
    if (!decided && this.tools.now() - this.toldMs < TELL_EVERY_MS) return;
    if (this.last?.phase !== 'Progressing' && this.last?.phase !== 'WaitingPromotion') return;
    this.toldMs = this.tools.now();
    const values = await Promise.all(this.policy.checks.map(({ query }) => this.tools.cluster.query(query)));
    const metrics = Object.fromEntries(this.policy.checks.map(({ name }, index) => [name, values[index] ?? null]));
    const said = progress(step, canaryRequests, metrics, this.policy);
    this.tools.say(decided ? `${said}: enough, on to the next step` : said);
  }
}
