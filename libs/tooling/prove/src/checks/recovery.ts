import type { Check } from '../check';
import { percentile } from '../percentile';
import { percent, select } from './requests';

/** Every process was ready, and no saga older than the end of the fault, within this time after it. */
export function recovers(options: { readonly withinMs: number }): Check {
  return {
    name: 'time until the shop was as before',
    judge: ({ recoveredMs }) => ({
      holds: recoveredMs !== undefined && recoveredMs <= options.withinMs,
      measured: recoveredMs === undefined ? 'not in this run' : `${(recoveredMs / 1_000).toFixed(1)} s`,
      limit: `within ${options.withinMs / 1_000} s`,
      beyond: { times: (recoveredMs ?? Infinity) / options.withinMs },
    }),
  };
}

export interface BackOptions {
  /** From the end of the fault; what begins later counts. */
  readonly withinMs: number;
  readonly quantile: number;
  readonly belowMs: number;
  readonly routes?: readonly string[];
}

/**
 * Once the fault is over for that long, answers are successes and as quick as they should be: what failed or was
 * refused counts as slower than any.
 */
export function quickAgain({ withinMs, quantile, belowMs, routes }: BackOptions): Check {
  return {
    name: `p${quantile * 100} of requests from ${withinMs / 1_000} s after the fault on`,
    judge: (seen) => {
      const fault = seen.phases.find(({ name }) => name === 'fault');
      const backAtMs = (fault?.toMs ?? Infinity) + withinMs;
      const later = select(seen, routes === undefined ? {} : { routes }).filter(({ atMs }) => atMs >= backAtMs);
      const times = later.map(({ status, ms }) => (status >= 200 && status < 300 ? ms : Infinity));
      const value = percentile(times, quantile) ?? Infinity;
      const failed = times.filter((ms) => ms === Infinity).length;
      return {
        holds: value < belowMs,
        measured:
          value === Infinity ? `${percent(failed / Math.max(1, times.length))} failed` : `${Math.round(value)} ms`,
        limit: `below ${belowMs} ms`,
        samples: { seen: times.length, needed: Math.ceil(10 / (1 - quantile)) },
        beyond: { times: value / belowMs },
      };
    },
  };
}
