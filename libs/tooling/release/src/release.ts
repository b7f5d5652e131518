import { setTimeout as pause } from 'node:timers/promises';
import { PRICING_VERSIONS } from '@stampede/topology';
import { Refusal } from '@stampede/supervisor';
import { firstBreach } from './breach';
import { loadFor } from './load-manifest';
import { compare, requestsSince } from './measure';
import { readPolicy, type Policy } from './policy';
import type { Breach, ReleaseEvent, ReleaseRecord, ReleaseSample, ReleaseVerdict, ReleaseWish } from './record';
import type { Point, ReleaseCluster } from './sight';
import { Watch } from './watch';
import { beginning, breachInWords, clock } from './words';

export interface ReleaseSurroundings {
  /** The project's folder. */
  readonly root: string;
  readonly cluster: ReleaseCluster;
  /** Told in plain words what happens, a line each. */
  readonly print: (line: string) => void;
  /** Aborted, the release is taken back. */
  readonly signal: AbortSignal;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

type PricingVersion = (typeof PRICING_VERSIONS)[number];

/** Of the load alone, before anything changes: what the old version is compared with itself. */
const BEFORE_MS = 20_000;
const AFTER_MS = 20_000;
/** Until what has happened can be asked of Prometheus. */
const SCRAPED_MS = 6_000;

/**
 * Releases a version of pricing by the policy file and tells how it went; waits until it is promoted or gone. Whatever
 * happens, no load is left behind, and no gate by which a version could go on; where the cluster does not answer even
 * then, it is told what may be left. @throws Refusal for a version that there is none, one that answers already, or a
 * cluster that has no shop
 */
export async function release(wish: ReleaseWish, surroundings: ReleaseSurroundings): Promise<ReleaseRecord> {
  return new Release(wish, surroundings).run();
}

class Release {
  private readonly events: ReleaseEvent[] = [];
  private readonly now: () => number;
  private readonly sleep: (ms: number) => Promise<unknown>;
  private readonly beganMs: number;
  private readonly policy: Policy;
  /** The new version is wanted, and nobody has said yet what becomes of it. */
  private undecided = false;

  constructor(
    private readonly wish: ReleaseWish,
    private readonly surroundings: ReleaseSurroundings,
  ) {
    this.now = surroundings.now ?? Date.now;
    this.sleep = surroundings.sleep ?? pause;
    this.beganMs = this.now();
    this.policy = readPolicy(surroundings.root, wish, Math.floor(this.beganMs / 1_000));
  }

  async run(): Promise<ReleaseRecord> {
    const { cluster, signal } = this.surroundings;
    const row = PRICING_VERSIONS.find(({ version }) => version === this.wish.version);
    if (row === undefined)
      throw new Refusal(`there is no version ${this.wish.version}: \`npx stampede release --list\``);
    const before = await cluster.version();
    if (before === row.version) throw new Refusal(`${before} answers already`);
    this.say(beginning(this.wish, before, this.policy));
    await this.shutGates();
    await cluster.prepare(this.policy.manifest, signal);
    const record = await this.change(row, before).catch(async (error: unknown) => {
      await this.leave(); // where that fails as well, the first reason is the one to know
      throw error;
    });
    const left = await this.leave();
    if (left !== undefined) throw left.reason;
    return record;
  }

  /** From the load to the record. */
  private async change({ version, defective }: PricingVersion, before: string): Promise<ReleaseRecord> {
    const { cluster, signal } = this.surroundings;
    await this.loadUp();
    const changedMs = this.now();
    this.undecided = true;
    await cluster.want(version, defective);
    const watch = new Watch(this.wish, this.policy, {
      ...{ cluster, signal, now: this.now, sleep: this.sleep, say: (what: string) => this.say(what) },
      onReady: async () => (this.wish.requestsPerSecond > 0 ? cluster.rehearse() : undefined),
    });
    const outcome = await watch.untilEnd(this.beganMs);
    this.undecided = false;
    await this.shutGates();
    const endedMs = this.now();
    await this.sleep(this.wish.requestsPerSecond > 0 ? AFTER_MS : SCRAPED_MS);
    return this.record({ before, changedMs, endedMs, ...outcome });
  }

  /** Each by itself, so that none is left for another's sake. @returns the first that failed */
  private async leave(): Promise<PromiseRejectedResult | undefined> {
    const { cluster } = this.surroundings;
    const ends = await Promise.allSettled([
      cluster.set('gate', false),
      cluster.set('rollback', this.undecided), // nobody watches any more: back to what was known to be good
      ...(this.wish.requestsPerSecond > 0 ? [cluster.load(undefined)] : []),
    ]);
    const failed = ends.filter((end) => end.status === 'rejected');
    for (const { reason } of failed) this.say(`something may be left: ${String(reason)}`);
    return failed[0];
  }

  private async shutGates(): Promise<void> {
    await this.surroundings.cluster.set('gate', false);
    await this.surroundings.cluster.set('rollback', false);
  }

  private async loadUp(): Promise<void> {
    const { strategy, requestsPerSecond } = this.wish;
    if (requestsPerSecond === 0) return;
    await this.surroundings.cluster.load(loadFor(strategy, requestsPerSecond));
    this.say(`${requestsPerSecond} quotes a second are asked for, for as long as this takes`);
    await this.sleep(BEFORE_MS);
  }

  private async record(ended: {
    before: string;
    changedMs: number;
    endedMs: number;
    backMs: number | undefined;
    unreadySinceMs: number | undefined;
    verdict: ReleaseVerdict;
  }): Promise<ReleaseRecord> {
    const { cluster } = this.surroundings;
    const { before, changedMs, endedMs, backMs, verdict } = ended;
    const values = await this.valuesOfChecks(endedMs);
    const course = { beganMs: this.beganMs, values, unreadySinceMs: ended.unreadySinceMs };
    const breach = verdict === 'promoted' ? undefined : firstBreach(course, this.policy, endedMs);
    const versions = { primary: before, canary: this.wish.version };
    const afterwards = { primary: verdict === 'promoted' ? this.wish.version : before, canary: this.wish.version };
    const doneMs = this.now();
    const measured = {
      before: await compare(cluster, versions, Math.max(this.beganMs, changedMs - BEFORE_MS), changedMs),
      during: await compare(cluster, versions, changedMs, backMs ?? endedMs),
      after: await compare(cluster, afterwards, endedMs, doneMs),
    };
    const why = this.why(verdict, breach);
    this.say(why);
    return {
      ...{ service: 'pricing', wish: this.wish, before, verdict, why },
      startedAt: new Date(this.beganMs).toISOString(),
      tookMs: doneMs - this.beganMs,
      events: this.events,
      ...(breach === undefined ? {} : { breach }),
      ...(breach === undefined || backMs === undefined
        ? {}
        : { rollbackMs: Math.max(0, backMs - this.beganMs - breach.atMs) }),
      exposure: await this.exposure(doneMs),
      limits: Object.fromEntries(this.policy.checks.map(({ name, limit }) => [name, limit])),
      samples: await this.samples(values, endedMs),
      metrics: measured,
    };
  }

  private why(verdict: ReleaseVerdict, breach: Breach | undefined): string {
    const { version } = this.wish;
    if (verdict === 'promoted') return `${version} kept the policy at every step, and answers everything`;
    if (verdict === 'interrupted') return 'interrupted: all requests go to the old version again';
    if (verdict === 'inconclusive')
      return `too few requests to say anything of ${version}: all go to the old version again (--load sends some)`;
    return breach === undefined
      ? `Flagger took ${version} back, not by the policy: \`kubectl describe canary pricing -n stampede\` may say why`
      : breachInWords(breach, version);
  }

  private async valuesOfChecks(endedMs: number): Promise<Map<string, readonly Point[]>> {
    const { cluster } = this.surroundings;
    const found = await Promise.all(
      this.policy.checks.map(({ query }) => cluster.series(query, this.beganMs, endedMs)),
    );
    return new Map(this.policy.checks.map(({ name }, index) => [name, found[index] ?? []]));
  }

  private async exposure(doneMs: number): Promise<ReleaseRecord['exposure']> {
    const { cluster } = this.surroundings;
    const count = async (track: 'canary' | 'primary') =>
      Math.max(0, (await cluster.query(requestsSince(this.beganMs, track, 'others'), doneMs)) ?? 0);
    const canary = await count('canary');
    const all = canary + (await count('primary'));
    return { canary, all, ratio: all === 0 ? 0 : canary / all };
  }

  private async samples(
    values: ReadonlyMap<string, readonly Point[]>,
    endedMs: number,
  ): Promise<readonly ReleaseSample[]> {
    const { cluster } = this.surroundings;
    const [canary, primary] = await Promise.all(
      (['canary', 'primary'] as const).map((track) =>
        cluster.series(requestsSince(this.beganMs, track), this.beganMs, endedMs),
      ),
    );
    const at = (points: readonly Point[] = [], atMs: number) =>
      points.find((point) => point.atMs >= atMs)?.value ?? null;
    const seconds = Array.from({ length: Math.ceil((endedMs - this.beganMs) / 1_000) }, (_, second) => second * 1_000);
    return seconds.map((atMs) => ({
      atMs,
      canaryRequests: at(canary, this.beganMs + atMs) ?? 0,
      primaryRequests: at(primary, this.beganMs + atMs) ?? 0,
      metrics: Object.fromEntries([...values].map(([name, points]) => [name, at(points, this.beganMs + atMs)])),
    }));
  }

  private say(what: string): void {
    const atMs = this.now() - this.beganMs;
    this.events.push({ atMs, what });
    this.surroundings.print(`${clock(atMs).padStart(5)}  ${what}`);
  }
}
