import { readFile } from 'node:fs/promises';
import type { Call, K6Metric, K6Summary, SeenByBuyer } from './check';

/** What the buyers of one run have told so far; load-tests/client/history.ts writes the lines. */
export class LoadHistory {
  readonly calls: Call[] = [];
  readonly seen: SeenByBuyer[] = [];
  private begin: number | undefined;
  private rest = '';

  /** Epoch ms; undefined until the load has begun. */
  get beganAtMs(): number | undefined {
    return this.begin;
  }

  /** Takes a piece of the file, wherever it was cut. @throws Error naming a line that is no line of a history */
  push(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') this.take(line);
  }

  private take(text: string): void {
    const line = parsed(text);
    if (typeof line['begin'] === 'number') this.begin = line['begin'];
    else if (typeof line['seen'] === 'string') this.seen.push(seenOf(text, line)); // what was seen may name its route
    else if (typeof line['route'] === 'string') this.calls.push(callOf(text, line));
    else throw notHistory(text);
  }
}

/** k6's end-of-test summary, of which the metrics are kept. @throws Error when it is no summary */
export async function readSummary(file: string): Promise<K6Summary> {
  const summary = JSON.parse(await readFile(file, 'utf8')) as Partial<K6Summary>;
  if (summary.metrics === undefined) throw new Error(`${file} is no summary of k6: it has no metrics`);
  const metrics = Object.entries(summary.metrics).map(([name, { values, thresholds }]): [string, K6Metric] => [
    name,
    { values, ...(thresholds === undefined ? {} : { thresholds }) },
  ]);
  return { metrics: Object.fromEntries(metrics) };
}

/** Share (0..1) of the arrivals that k6 could not send: then k6 was the limit, not the shop. */
export function droppedRatio({ metrics }: K6Summary): number {
  const dropped = metrics['dropped_iterations']?.values['count'] ?? 0;
  const sent = metrics['iterations']?.values['count'] ?? 0;
  return dropped === 0 ? 0 : dropped / (dropped + sent);
}

function callOf(text: string, line: Readonly<Record<string, unknown>>): Call {
  const { t, b, route, s, ms, n, f, code } = line;
  if (![t, b, s, ms, n, f].every((value) => typeof value === 'number')) throw notHistory(text);
  return {
    atMs: t as number,
    firstAtMs: b as number,
    route: route as string,
    status: s as number,
    ms: ms as number,
    attempt: n as number,
    failed: f === 1,
    ...(typeof code === 'string' ? { code } : {}),
  };
}

function seenOf(text: string, line: Readonly<Record<string, unknown>>): SeenByBuyer {
  const { t, seen, ...detail } = line;
  if (typeof t !== 'number') throw notHistory(text);
  return { atMs: t, what: seen as string, detail };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw notHistory(text, cause);
  }
}

function notHistory(text: string, cause?: unknown): Error {
  return new Error(`not a line of the buyers' history: ${text.slice(0, 120)}`, { cause });
}
