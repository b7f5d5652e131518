import type { Check } from '../check';

/** After the fault every process was ready, and no saga older than its end, within this time. */
export function recovers(options: { readonly withinMs: number }): Check {
  return {
    name: 'time until the shop was as before',
    judge: ({ recoveredMs }) => ({
      holds: recoveredMs !== undefined && recoveredMs <= options.withinMs,
      measured: recoveredMs === undefined ? 'not in this run' : `${(recoveredMs / 1_000).toFixed(1)} s`,
      limit: `within ${options.withinMs / 1_000} s`,
    }),
  };
}
