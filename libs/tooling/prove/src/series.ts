import type { Call, Observations } from './check';
import type { RunSeries } from './journal';
import { percentile } from './percentile';

const STEP_MS = 1_000;
const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

/** Calls by the second they began in. */
export function seriesOf({ calls, series }: Observations, lengthMs: number): RunSeries {
  const columns = Math.ceil(lengthMs / STEP_MS);
  const bySecond = Array.from({ length: columns }, (): Call[] => []);
  for (const call of calls) bySecond[Math.floor(call.atMs / STEP_MS)]?.push(call);
  const statuses = [...new Set(calls.map(({ status }) => String(status)))].toSorted();
  const quantile = (ratio: number) => bySecond.map((second) => latencyOf(second, ratio));
  return {
    stepMs: STEP_MS,
    latencyMs: { p50: quantile(QUANTILES.p50), p95: quantile(QUANTILES.p95), p99: quantile(QUANTILES.p99) },
    statuses: Object.fromEntries(
      statuses.map((status) => [
        status,
        bySecond.map((second) => second.filter((call) => String(call.status) === status).length),
      ]),
    ),
    metrics: Object.fromEntries(Object.entries(series).map(([name, values]) => [name, values.slice(0, columns)])),
  };
}

function latencyOf(calls: readonly Call[], ratio: number): number | null {
  const value = percentile(
    calls.map(({ ms }) => ms),
    ratio,
  );
  return value === undefined ? null : Math.round(value * 10) / 10;
}
