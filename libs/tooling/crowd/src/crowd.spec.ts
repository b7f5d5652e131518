import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { arrivals, expectedArrivals } from './arrivals';
import { LatencyHistogram } from './latency';
import { seededRandom } from './random';
import { readTrace, window } from './trace';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

test('a trace is read plain or gzipped, and seconds left out had no request', async () => {
  const text = 'second,requests\n0,5\n2,7\n';
  expect(await readTrace(await file('plain.csv', text))).toEqual([5, 0, 7]);
  expect(await readTrace(await file('packed.csv.gz', gzipSync(text)))).toEqual([5, 0, 7]);
});

test('a bad trace is refused with its line', async () => {
  await expect(readTrace(await file('head.csv', '1,2\n'))).rejects.toThrow(/first line must be/);
  await expect(readTrace(await file('body.csv', 'second,requests\n0,5\nx,1\n'))).rejects.toThrow(/line 3/);
  expect(() => window([1, 2, 3], 2, 2)).toThrow(/has 3 seconds/);
});

test('arrivals follow the trace, compressed and scaled, and the same seed gives the same crowd', () => {
  const trace = [...Array<number>(300).fill(10), ...Array<number>(300).fill(100)];
  const options = { timeScale: 10, rateScale: 2 };
  const times = [...arrivals(trace, { ...options, random: seededRandom(7) })];
  expect(times).toEqual([...arrivals(trace, { ...options, random: seededRandom(7) })]);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(60_000);
  const expected = expectedArrivals(trace, options);
  expect(expected).toBe(6_600);
  expect(Math.abs(times.length - expected)).toBeLessThan(4 * Math.sqrt(expected)); // 4 sigma of a Poisson count
  const calm = times.filter((time) => time < 30_000).length;
  expect(calm / times.length).toBeCloseTo(600 / 6_600, 1);
});

test('a percentile is at most 5 % too high', () => {
  const histogram = new LatencyHistogram();
  for (let ms = 1; ms <= 1_000; ms += 1) histogram.record(ms);
  expect(histogram.percentileMs(0.5)).toBeGreaterThanOrEqual(500);
  expect(histogram.percentileMs(0.5)).toBeLessThanOrEqual(526);
  expect(histogram.percentileMs(0.99)).toBeLessThanOrEqual(1_041);
  expect(new LatencyHistogram().percentileMs(0.5)).toBe(0);
});
