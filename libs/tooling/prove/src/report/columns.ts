import type { RunSeries } from '../journal';

type Column = readonly (number | null)[];

/**
 * The same series in columns `factor` times as long: of percentiles the worst, of calls a second the mean, of sampled
 * metrics the last that was seen.
 */
export function coarser(series: RunSeries, factor: number): RunSeries {
  if (factor === 1) return series;
  const { stepMs, latencyMs, statuses, metrics } = series;
  return {
    stepMs: stepMs * factor,
    latencyMs: {
      p50: merged(latencyMs.p50, factor, worst),
      p95: merged(latencyMs.p95, factor, worst),
      p99: merged(latencyMs.p99, factor, worst),
    },
    statuses: eachOf(statuses, (values) => merged(values, factor, mean).map((value) => value ?? 0)),
    metrics: eachOf(metrics, (values) => merged(values, factor, last)),
  };
}

export function columnsOf({ latencyMs, statuses, metrics }: RunSeries): number {
  const all: readonly Column[] = [latencyMs.p50, ...Object.values(statuses), ...Object.values(metrics)];
  return Math.max(0, ...all.map(({ length }) => length));
}

function merged(values: Column, factor: number, merge: (seen: readonly number[]) => number): (number | null)[] {
  return Array.from({ length: Math.ceil(values.length / factor) }, (_, index) => {
    const seen = values.slice(index * factor, (index + 1) * factor).filter((value) => value !== null);
    return seen.length === 0 ? null : merge(seen);
  });
}

const worst = (seen: readonly number[]) => Math.max(...seen);
const last = (seen: readonly number[]) => seen.at(-1) ?? 0;
const mean = (seen: readonly number[]) =>
  Math.round((seen.reduce((sum, value) => sum + value, 0) / seen.length) * 100) / 100;

function eachOf<In, Out>(record: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
