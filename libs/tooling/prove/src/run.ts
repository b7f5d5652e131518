import type { ActiveFault, Lab } from '@stampede/faults';
import { seededRandom } from '@stampede/crowd';
import { orderOfKey } from './checks/money';
import type { Check, Observations, Phase } from './check';
import type { Claim, Timing } from './claim';
import { duringSteadyState } from './gate';
import type { RunEvent, RunRecord } from './journal';
import { thresholdResults } from './k6-thresholds';
import { readOrders } from './read-orders';
import { Sampler } from './sampler';
import { seriesOf } from './series';
import { ruleRun } from './verdict';
import type { LoadResult, RunningLoad, ShopInLab, World } from './world';

export interface RunOptions {
  readonly claim: Claim;
  readonly timing: Timing;
  readonly role: RunRecord['role'];
  readonly seed: number;
  /** The control keeps its mitigation: what a broken switch would do. */
  readonly ignoreSwitch?: boolean;
  /** For what this run leaves behind: history, summary. */
  readonly folder: string;
  /** Its abort ends the run: the fault is undone and the shop closed before the promise rejects. */
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

const POLL_MS = 250;
/** After the load and its recovery: what is still in flight then is judged as it is. */
const REST_MS = 20_000;

/** One shop, one load, one fault, and what was seen of it. @throws Unavailable, the signal's reason */
export async function runOnce(world: World, options: RunOptions): Promise<RunRecord & { versions: Versions }> {
  const { claim, role, report, signal, ignoreSwitch = false } = options;
  const off = role === 'control' ? { off: claim.control.off } : {};
  report(`${claim.id} ${role}${role === 'control' ? ` without ${claim.control.off}` : ''}: starting a shop`);
  const shop = await world.openShop({
    ...claim.shop,
    needs: claim.needs ?? [],
    ...(ignoreSwitch ? {} : off),
    folder: options.folder,
    signal,
  });
  try {
    await shop.ready(READY_MS);
    return { ...(await new Run(world, options, shop).complete()), ...off };
  } finally {
    await shop.close();
  }
}

type Versions = Readonly<Record<string, string>>;
const READY_MS = 60_000;

class Run {
  private readonly events: RunEvent[] = [];
  /** What went wrong with the fault itself. */
  private readonly troubles: string[] = [];
  private readonly sampler: Sampler;
  private beganAt = 0;

  constructor(
    private readonly world: World,
    private readonly options: RunOptions,
    private readonly shop: ShopInLab,
  ) {
    this.sampler = new Sampler(world, shop, options.claim.watch);
  }

  async complete(): Promise<RunRecord & { versions: Versions }> {
    const { claim, timing, role, seed, signal, report } = this.options;
    const ending = new AbortController();
    const load = this.startLoad(AbortSignal.any([signal, ending.signal]));
    load.finished.catch(() => undefined); // heard of below, in its turn
    let active: ActiveFault | undefined;
    try {
      this.beganAt = await Promise.race([load.began, load.finished.then(endedEarly)]);
      this.sampler.start(this.beganAt);
      report(`  steady state, ${timing.steadyMs / 1_000} s`);
      await this.until(timing.steadyMs);
      report(`  fault: ${claim.fault.name}`);
      const faultFromMs = this.elapsedMs();
      this.record('fault on', { fault: claim.fault.name });
      active = await this.attempt('started', claim.fault.start(this.lab()));
      const isOver = this.until(timing.steadyMs + timing.faultMs);
      await Promise.race([this.endOf(active), isOver]);
      await this.attempt('undone', active?.undo());
      const faultToMs = this.elapsedMs();
      this.record('fault off');
      report('  recovery');
      const recoveredMs = await this.recovery(faultToMs);
      const result = await load.finished;
      const during = { calls: result.calls, told: result.seen, fromMs: faultFromMs, toMs: faultToMs };
      const seen = (await this.attempt('seen', active?.seen(during))) ?? NEVER_SEEN;
      const fault = { name: claim.fault.name, seen };
      const phases = this.phases(faultFromMs, faultToMs);
      report('  audit');
      const observed = await this.observe(result, phases, recoveredMs);
      const record = this.judged({ role, seed, fault, phases, events: this.events }, observed, result);
      return { ...record, versions: { ...(await this.shop.versions()), k6: result.k6.version } };
    } finally {
      ending.abort(); // of no effect on a load that has finished
      await active?.undo().catch((error: unknown) => report(`  the fault could not be undone: ${String(error)}`));
      await this.sampler.stop();
      await load.finished.catch(() => undefined);
    }
  }

  /** What a fault does; its failure is told with the run, which proves nothing then. @throws the signal's reason */
  private async attempt<T>(what: string, work: Promise<T> | undefined): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      this.options.signal.throwIfAborted();
      const why = `the fault could not be ${what}: ${error instanceof Error ? error.message : String(error)}`;
      this.troubles.push(why);
      this.record('fault failed', { why });
      return undefined;
    }
  }

  /** A fault that has not started, and one that lasts until it is undone, have no end of their own. */
  private endOf(active: ActiveFault | undefined): Promise<unknown> {
    return active?.ended === undefined ? new Promise(() => undefined) : this.attempt('kept up', active.ended);
  }

  private startLoad(signal: AbortSignal): RunningLoad {
    const { claim, timing, seed, folder } = this.options;
    const { steadyMs, faultMs, recoveryMs } = timing;
    const { tokens, url } = this.shop;
    const settings = {
      ...claim.load.settings,
      steadyMs,
      faultMs,
      recoveryMs,
      seed,
      tokens,
      thresholds: timing.thresholds ?? claim.thresholds ?? {},
    };
    const core = claim.needs?.includes('cores') === true ? { core: LOAD_CORE } : {};
    return this.world.startLoad({ scenario: claim.load.scenario, settings, url, folder, signal, ...core });
  }

  private lab(): Lab {
    const { seed, signal } = this.options;
    const random = seededRandom(seed);
    return { random, signal, shop: this.shop, record: (kind, detail) => this.record(kind, detail) };
  }

  /**
   * ms from the end of the fault, the moment from which nothing is broken any more on purpose, until all is ready and
   * no saga is older than that moment. Where that cannot be read the shop is not as before.
   */
  private async recovery(faultToMs: number): Promise<number | undefined> {
    const { timing, signal } = this.options;
    for (const endsAtMs = faultToMs + timing.recoveryMs; this.elapsedMs() < endsAtMs;) {
      if (await this.isAsBefore(faultToMs)) {
        const tookMs = this.elapsedMs() - faultToMs;
        this.record('recovered', { tookMs });
        return tookMs;
      }
      await this.world.delay(POLL_MS, signal);
    }
    return undefined;
  }

  private async isAsBefore(faultToMs: number): Promise<boolean> {
    try {
      await this.shop.ready(1);
      const oldestSeconds = await this.shop.metric('stampede_saga_oldest_age_seconds');
      return oldestSeconds * 1_000 <= this.elapsedMs() - faultToMs;
    } catch {
      return false; // not all of it answers yet
    }
  }

  private async observe(
    result: LoadResult,
    phases: readonly Phase[],
    recoveredMs: number | undefined,
  ): Promise<Observations> {
    const report = await this.auditAtRest();
    const metered = await this.shop.metered?.();
    const statement = await this.shop.statement();
    const told = result.seen.filter(({ what }) => what === 'order').map(({ detail }) => String(detail['orderId']));
    const known = await readOrders(this.asking(), new Set(told));
    const paid = new Set(statement.map(({ key }) => orderOfKey(key)).filter((id) => !told.includes(id)));
    const others = await readOrders(this.asking(), paid);
    const unread = [...known.unread, ...others.unread];
    const { calls, seen, summary } = result;
    const { series } = this.sampler;
    return {
      ...{ phases, calls, seen, orders: known.orders, untold: others.orders, unread },
      ...{ statement, metered, audit: report, recoveredMs, series, events: this.events, summary },
    };
  }

  private asking() {
    return { world: this.world, shop: this.shop, signal: this.options.signal };
  }

  /** The audit once nothing is in flight, or as it is when that takes too long. */
  private async auditAtRest() {
    for (const endsAt = this.world.now() + REST_MS; ; await this.world.delay(POLL_MS, this.options.signal)) {
      const report = await this.shop.audit();
      const rests = report?.invariants.every(({ holds, inFlight }) => !holds || inFlight === 0);
      if (rests === true || this.world.now() > endsAt) return report;
    }
  }

  private judged(
    known: Pick<RunRecord, 'role' | 'seed' | 'fault' | 'phases' | 'events'>,
    seen: Observations,
    { droppedRatio, summary }: LoadResult,
  ): RunRecord {
    const { claim, timing } = this.options;
    const results = (checks: readonly Check[]) => checks.map((check) => ({ name: check.name, ...check.judge(seen) }));
    const steadyState = results(claim.steadyState.map(duringSteadyState));
    const stated = timing.thresholds ?? claim.thresholds ?? {};
    const checks = [...results(timing.holds ?? claim.holds), ...thresholdResults(stated, summary)];
    const { troubles } = this;
    const findings = { steadyState, checks, seen: known.fault.seen, droppedRatio, troubles };
    const ruling = ruleRun(known.role, claim.control.bites, findings);
    const lengthMs = timing.steadyMs + timing.faultMs + timing.recoveryMs;
    return { ...known, ...ruling, steadyState, checks, series: seriesOf(seen, lengthMs), summary };
  }

  private phases(faultFromMs: number, faultToMs: number): Phase[] {
    const { steadyMs, faultMs, recoveryMs } = this.options.timing;
    const endMs = Math.max(this.elapsedMs(), steadyMs + faultMs + recoveryMs);
    return [
      { name: 'steady', fromMs: 0, toMs: faultFromMs },
      { name: 'fault', fromMs: faultFromMs, toMs: faultToMs },
      { name: 'recovery', fromMs: faultToMs, toMs: endMs },
    ];
  }

  private record(kind: string, detail?: RunEvent['detail']): void {
    this.events.push({ atMs: this.elapsedMs(), kind, ...(detail === undefined ? {} : { detail }) });
  }

  private elapsedMs(): number {
    return Math.round(this.world.now() - this.beganAt);
  }

  private async until(elapsedMs: number): Promise<void> {
    const waitMs = elapsedMs - this.elapsedMs();
    if (waitMs > 0) await this.world.delay(waitMs, this.options.signal);
  }
}

/** The shop has the first one. */
export const LOAD_CORE = 1;
const NEVER_SEEN = { metric: 'faults started', value: 0, least: 1 };

function endedEarly(): never {
  throw new Error('k6 ended before it began: see its output');
}
