import type { MetricWhere } from '@stampede/faults';
import { request } from 'undici';

const ANSWER_MS = 1_000;
/** Several figures are asked for at the same moment: one answer of a process serves them all. */
const SAME_MOMENT_MS = 150;

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** A counter has no sample before its first count; of anything else no sample says nothing. */
const COUNTER = /_(total|count|sum|bucket)$/;

/**
 * Adds up the samples of a metric in Prometheus' text format whose labels match; undefined where there is no sample of
 * that name, whatever its labels.
 */
export function sumOf(text: string, name: string, labels: MetricWhere['labels'] = {}): number | undefined {
  let sum: number | undefined;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const [, sampled, given = '', value = ''] = SAMPLE.exec(line) ?? [];
    if (sampled !== name) continue;
    sum ??= 0;
    const own = new Map([...given.matchAll(LABEL)].map(([, label, text]) => [label, text]));
    if (Object.entries(labels).every(([label, wanted]) => own.get(label) === wanted)) sum += Number(value);
  }
  return sum;
}

/** Reads /metrics of processes. */
export class Scrapes {
  /** Who has shown which metric. */
  private readonly shown = new Set<string>();
  private readonly latest = new Map<string, { readonly at: number; readonly text: Promise<string | undefined> }>();

  /**
   * Over all of them. @throws Error naming who does not answer, or does not show a gauge that it has shown before, or
   * that nobody shows a gauge: what could not be read is not 0
   */
  async sum(adminUrls: readonly string[], name: string, labels?: MetricWhere['labels']): Promise<number> {
    const texts = await Promise.all(adminUrls.map((url) => this.textOf(url)));
    const sums = texts.map((text, index) => this.sumOfOne(text, adminUrls[index] ?? '', name, labels));
    const known = sums.filter((sum) => sum !== undefined);
    if (known.length === 0 && !COUNTER.test(name)) throw new Error(`nobody shows ${name}`);
    return known.reduce((all, sum) => all + sum, 0);
  }

  private sumOfOne(
    text: string | undefined,
    url: string,
    name: string,
    labels: MetricWhere['labels'],
  ): number | undefined {
    if (text === undefined) throw new Error(`${url} does not answer with ${name}`);
    const sum = sumOf(text, name, labels);
    const shown = `${url} ${name}`;
    if (sum !== undefined) this.shown.add(shown);
    else if (this.shown.has(shown) && !COUNTER.test(name)) throw new Error(`${url} cannot read its ${name}`);
    return sum;
  }

  private textOf(adminUrl: string): Promise<string | undefined> {
    const now = performance.now();
    const known = this.latest.get(adminUrl);
    if (known !== undefined && now - known.at < SAME_MOMENT_MS) return known.text;
    const text = textAt(`${adminUrl}/metrics`);
    this.latest.set(adminUrl, { at: now, text });
    return text;
  }
}

/** What a 200 brings within a second; undefined for everything else. */
export async function textAt(url: string, headers: Readonly<Record<string, string>> = {}, withinMs = ANSWER_MS) {
  try {
    const { statusCode, body } = await request(url, { headers, signal: AbortSignal.timeout(withinMs) });
    const text = await body.text();
    return statusCode === 200 ? text : undefined;
  } catch {
    return undefined; // nobody there, or not in time
  }
}
