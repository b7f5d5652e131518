import type { MetricWhere } from '@stampede/faults';
import { request } from 'undici';

interface Answer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

const ANSWER_MS = 3_000;

/** Adds up what PromQL finds; over nothing it is 0. @throws Error where Prometheus does not answer or understand */
export async function sumOfQuery(url: string, promql: string): Promise<number> {
  const { statusCode, body } = await request(`${url}/api/v1/query?query=${encodeURIComponent(promql)}`, {
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`Prometheus answers ${statusCode} to ${promql}: ${text.slice(0, 200)}`);
  const { data } = JSON.parse(text) as Answer;
  return data.result.reduce((sum, { value }) => sum + Number(value[1]), 0);
}

/** A metric of the shop as its pods were last read. */
export function promqlOf(name: string, namespace: string, { service, labels }: MetricWhere = {}): string {
  const wanted = { namespace, ...(service === undefined ? {} : { service }), ...labels };
  const matchers = Object.entries(wanted).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `sum(${name}{${matchers.join(',')}})`;
}
