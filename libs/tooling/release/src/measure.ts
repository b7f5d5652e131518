import type { Compared, Measured } from './record';
import type { ReleaseCluster } from './sight';

type Ask = Pick<ReleaseCluster, 'query'>;
type Track = 'primary' | 'canary';

const DURATIONS = 'istio_request_duration_milliseconds_bucket';
/** Not of the load's own pod, which is no buyer. */
const OF_OTHERS = ',source_workload!="release-load"';

/** Requests by the version that they were sent to, as their callers' proxies have counted them since a moment. */
export function requestsSince(sinceMs: number, track: Track, of?: 'others'): string {
  const from = of === undefined ? '' : OF_OTHERS;
  return since(sinceMs, `istio_requests_total{reporter="source",destination_service_name="pricing-${track}"${from}}`);
}

/**
 * What has been counted since a moment by those who still count: whoever was there then and has gone would be taken off
 * for nothing. A series that has begun since counts from zero.
 */
function since(sinceMs: number, counter: string): string {
  return `sum(${counter}) - (sum(${counter} @ ${sinceMs / 1_000} and ${counter}) or vector(0))`;
}

/** What was counted between two moments; null where nobody has counted. */
async function countBetween(ask: Ask, counter: string, fromMs: number, toMs: number): Promise<number | null> {
  const counted = await ask.query(since(fromMs, counter), toMs);
  return counted === null ? null : Math.max(0, counted);
}

/** Both versions between two moments. `versions` are the names that their quotes bear. */
export async function compare(
  ask: Ask,
  versions: Readonly<Record<Track, string>>,
  fromMs: number,
  toMs: number,
): Promise<Compared> {
  const [primary, canary] = await Promise.all([
    measure(ask, 'primary', versions.primary, fromMs, toMs),
    measure(ask, 'canary', versions.canary, fromMs, toMs),
  ]);
  // The same proxies count both: a version that they do not know beside one that they do had no request.
  const counted = primary.requests !== null || canary.requests !== null;
  const whole = (one: Measured): Measured => ({ ...one, requests: one.requests ?? (counted ? 0 : null) });
  return { fromMs, toMs, primary: whole(primary), canary: whole(canary) };
}

async function measure(ask: Ask, track: Track, version: string, fromMs: number, toMs: number): Promise<Measured> {
  const all = `reporter="source",destination_service_name="pricing-${track}"`;
  const pods = track === 'primary' ? 'pricing-primary-[0-9a-f]+-[0-9a-z]+' : 'pricing-[0-9a-f]+-[0-9a-z]+';
  const count = (promql: string) => countBetween(ask, promql, fromMs, toMs);
  const windowS = Math.max(1, Math.round((toMs - fromMs) / 1_000));
  const [requests, errors, wrongTotals, p99, resident] = await Promise.all([
    count(`istio_requests_total{${all}}`),
    count(`istio_requests_total{${all},response_code=~"5.."}`),
    count(`stampede_wrong_totals_total{pricing_version="${version}"}`),
    ask.query(`histogram_quantile(0.99, sum by (le) (increase(${DURATIONS}{${all}}[${windowS}s])))`, toMs),
    ask.query(`max(max_over_time(process_resident_memory_bytes{pod=~"${pods}"}[${windowS}s]))`, toMs),
  ]);
  return {
    requests,
    // A code that no answer had is unknown to Prometheus.
    errorRatio: requests === null || requests === 0 ? null : (errors ?? 0) / requests,
    p99Ms: p99,
    residentBytes: resident,
    wrongTotals,
  };
}
