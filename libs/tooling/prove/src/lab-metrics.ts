import type { MetricWhere } from '@stampede/faults';
import { request } from 'undici';

const ANSWER_MS = 1_000;
/** Several figures are asked for at the same moment: one answer of a process serves them all. */
const SAME_MOMENT_MS = 150;

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Adds up the samples of a metric in Prometheus' text format whose labels match. */
export function sumOf(text: string, name: string, labels: MetricWhere['labels'] = {}): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const [, sampled, given = '', value = ''] = SAMPLE.exec(line) ?? [];
    if (sampled !== name) continue;
    const own = new Map([...given.matchAll(LABEL)].map(([, label, text]) => [label, text]));
    if (Object.entries(labels).every(([label, wanted]) => own.get(label) === wanted)) sum += Number(value);
  }
  return sum;
}

/** Reads /metrics of processes. */
export class Scrapes {
  private readonly latest = new Map<string, { readonly at: number; readonly text: Promise<string | undefined> }>();

  /** Those that answer. @throws Error when none does */
  async sum(adminUrls: readonly string[], name: string, labels?: MetricWhere['labels']): Promise<number> {
    const texts = await Promise.all(adminUrls.map((url) => this.textOf(url)));
    const answered = texts.filter((text) => text !== undefined);
    if (answered.length === 0) throw new Error(`nobody answers with ${name}`);
    return answered.reduce((sum, text) => sum + sumOf(text, name, labels), 0);
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
