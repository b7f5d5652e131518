import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LatencyHistogram, type CrowdResult, type RouteResult, type Trace } from '@stampede/crowd';
import type { Order } from '@stampede/contracts';
import type { Call, SeenByBuyer } from './check';
import { startLoad } from './k6';

export interface K6CrowdOptions {
  /** The project's folder. */
  readonly root: string;
  readonly url: string;
  readonly eventId: string;
  readonly categories: readonly string[];
  readonly trace: Trace;
  /** Trace seconds in one second; > 0. */
  readonly timeScale: number;
  /** Visitors for one request of the trace; > 0. */
  readonly rateScale: number;
  /** Share (0..1) of visitors who buy. */
  readonly buyerRatio: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called about once a second. */
  readonly onProgress?: (progress: CrowdResult) => void;
}

/** One part of the replay, as k6 takes it. */
export interface Stage {
  readonly ratePerSecond: number;
  readonly durationMs: number;
}

const SECOND_MS = 1_000;
/** After the last arrival: as long as a buyer's patience in the queue and with the order. */
const LEAVE_MS = 180_000;

/**
 * Sends the crowd of `onsale` by k6, in the open model, and resolves when the last visitor has left. As `runCrowd`,
 * except that arrivals are even within a second, where there they are a Poisson process.
 *
 * @throws Refusal without k6, Error with k6's last lines, the signal's reason
 */
export async function sendCrowdByK6(options: K6CrowdOptions): Promise<CrowdResult> {
  const { root, url, trace, seed, signal, eventId, buyerRatio } = options;
  const stages = stagesOfTrace(trace, options);
  const folder = await mkdtemp(join(tmpdir(), 'stampede-onsale-'));
  const crowd = new CrowdHistory();
  let toldAt = performance.now();
  try {
    const load = startLoad({
      root,
      scenario: 'trace',
      url,
      folder,
      signal,
      settings: {
        stages: JSON.stringify(stages),
        eventId,
        categories: options.categories.join(','),
        buyerRatio,
        seed,
        steadyMs: stages.reduce((sum, { durationMs }) => sum + durationMs, 0),
        faultMs: 1,
        recoveryMs: LEAVE_MS,
      },
      onProgress: ({ calls, seen }) => {
        if (performance.now() - toldAt < SECOND_MS) return;
        toldAt += SECOND_MS;
        options.onProgress?.(crowd.upTo(calls, seen));
      },
    });
    const { calls, seen, summary } = await load.finished;
    const result = crowd.upTo(calls, seen);
    result.dropped = summary.metrics['dropped_iterations']?.values['count'] ?? 0;
    result.arrived += result.dropped;
    options.onProgress?.(result);
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The trace as rates that last about a second each, or a trace second where that is longer. */
export function stagesOfTrace(
  trace: Trace,
  { timeScale, rateScale }: Pick<K6CrowdOptions, 'timeScale' | 'rateScale'>,
): Stage[] {
  const step = Math.max(1, Math.round(timeScale));
  return Array.from({ length: Math.ceil(trace.length / step) }, (_, index) => {
    const part = trace.slice(index * step, (index + 1) * step);
    const mean = part.reduce((sum, requests) => sum + requests, 0) / part.length;
    return { ratePerSecond: mean * rateScale, durationMs: (part.length * SECOND_MS) / timeScale };
  });
}

/** What k6's buyers have told, in the form in which the crowd of `onsale` tells it. */
class CrowdHistory {
  private readonly result: CrowdResult = {
    arrived: 0,
    dropped: 0,
    present: 0,
    ends: new Map(),
    orders: new Map(),
    routes: new Map(),
  };
  private readonly read = { calls: 0, seen: 0 };

  /** Takes what is new since the last time. */
  upTo(calls: readonly Call[], seen: readonly SeenByBuyer[]): CrowdResult {
    for (const call of calls.slice(this.read.calls)) this.take(call);
    for (const line of seen.slice(this.read.seen)) this.notice(line);
    this.read.calls = calls.length;
    this.read.seen = seen.length;
    return this.result;
  }

  private take({ route, attempt, status, ms }: Call): void {
    const isFirst = attempt === 1 && (route === 'sign-in' || route === 'event-page'); // a visit begins with one of them
    if (isFirst) {
      this.result.arrived += 1;
      this.result.present += 1;
    }
    const { latency, statuses } = this.routeOf(route);
    latency.record(ms);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }

  private notice({ what, detail }: SeenByBuyer): void {
    const { ends, orders } = this.result;
    if (what === 'visit') {
      this.result.present -= 1;
      const end = [detail['end'], detail['code']].filter((part) => part !== undefined).join(': ');
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    if (what === 'order' || what === 'settled')
      orders.set(String(detail['orderId']), { status: detail['status'] as Order['status'] });
  }

  private routeOf(route: string): RouteResult {
    const known = this.result.routes.get(route);
    if (known !== undefined) return known;
    const made = { latency: new LatencyHistogram(), statuses: new Map<number, number>() };
    this.result.routes.set(route, made);
    return made;
  }
}
