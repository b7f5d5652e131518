import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

/** Requests in each consecutive second. */
export type Trace = readonly number[];

const HEADER = 'second,requests';

/**
 * Reads a CSV `second,requests`, plain or gzipped; seconds that are not named had none.
 * @throws Error naming the file and the line that is not two whole numbers
 */
export async function readTrace(file: string): Promise<Trace> {
  const bytes = await readFile(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const lines = text.trimEnd().split(/\r?\n/);
  if (lines[0]?.trim() !== HEADER) throw new Error(`${file}: the first line must be "${HEADER}"`);
  const trace: number[] = [];
  lines.slice(1).forEach((line, index) => {
    const match = /^(\d+),(\d+)$/.exec(line.trim());
    if (match === null) throw new Error(`${file}: line ${index + 2} is not "second,requests"`);
    trace[Number(match[1])] = Number(match[2]);
  });
  return Array.from(trace, (requests: number | undefined) => requests ?? 0);
}

/** A part of a trace. @throws RangeError when it reaches beyond the trace, naming how long that is. */
export function window(trace: Trace, fromSecond: number, seconds: number): Trace {
  if (fromSecond < 0 || seconds < 1 || fromSecond + seconds > trace.length) {
    throw new RangeError(
      `the trace has ${trace.length} seconds; --from ${fromSecond} and --seconds ${seconds} reach beyond it`,
    );
  }
  return trace.slice(fromSecond, fromSecond + seconds);
}
