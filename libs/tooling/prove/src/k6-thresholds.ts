import type { K6Metric, K6Summary } from './check';
import { samplesFor } from './checks';
import type { Claim } from './claim';
import type { CheckResult } from './journal';

type Thresholds = NonNullable<Claim['thresholds']>;

/**
 * k6's own thresholds, each as a check: one that is crossed breaks the promise as any other. k6 calls a threshold kept
 * where nothing was measured: here it has no samples, and one that k6 does not report is unknown.
 */
export function thresholdResults(stated: Thresholds, { metrics }: K6Summary): CheckResult[] {
  return Object.entries(stated).flatMap(([metric, limits]) =>
    limits.map((limit) => resultOf(`k6: ${metric}`, limit, metrics[metric])),
  );
}

function resultOf(name: string, limit: string, metric: K6Metric | undefined): CheckResult {
  const threshold = metric?.thresholds?.[limit];
  if (metric === undefined || threshold === undefined)
    return { name, limit, holds: false, unknown: true, measured: 'not in the summary' };
  const [, statistic = '', sign = '', bound = ''] = /^\s*([\w().]+)\s*([<>=!]+)\s*([\d.]+)/.exec(limit) ?? [];
  const figure = metric.values[statistic];
  const times = figure === undefined || !sign.startsWith('<') ? Number.NaN : figure / Number(bound);
  return {
    name,
    limit,
    holds: threshold.ok,
    measured: figure === undefined ? 'see the summary' : String(Number(figure.toPrecision(4))),
    samples: { seen: countOf(metric), needed: neededFor(statistic) },
    ...(Number.isFinite(times) ? { beyond: { times } } : {}),
  };
}

/** Of a trend its count, of a rate what was added to it, of a counter or a gauge that it is there. */
function countOf({ values }: K6Metric): number {
  const { count, passes, fails } = values;
  return count ?? (passes === undefined ? 1 : passes + (fails ?? 0));
}

/** A percentile is the limit of a share of all. */
function neededFor(statistic: string): number {
  const percentile = Number(/^p\(([\d.]+)\)$/.exec(statistic)?.[1] ?? Number.NaN);
  return Number.isNaN(percentile) ? 1 : samplesFor(1 - percentile / 100);
}
