import type { Call, Observations } from '../check';
import { capacityInRange, databaseLoad, goodput, pagesSay, quickAgain, refusalCost, retryAfterGiven } from './index';

const call = (atMs: number, more: Partial<Call> = {}): Call => ({
  ...{ atMs, firstAtMs: atMs, route: 'event-page', status: 200, ms: 10, attempt: 1, failed: false },
  ...more,
});
const every = (fromMs: number, toMs: number, stepMs: number, more: Partial<Call> = {}): Call[] =>
  Array.from({ length: Math.floor((toMs - fromMs) / stepMs) }, (_, index) => call(fromMs + index * stepMs, more));

/** 5 s, 12 s of fault, 5 s. */
function seen(more: Partial<Observations>): Observations {
  return {
    phases: [
      { name: 'steady', fromMs: 0, toMs: 5_000 },
      { name: 'fault', fromMs: 5_000, toMs: 17_000 },
      { name: 'recovery', fromMs: 17_000, toMs: 22_000 },
    ],
    ...{
      calls: [],
      seen: [],
      orders: new Map(),
      untold: new Map(),
      unread: [],
      statement: [],
      audit: undefined,
      recoveredMs: undefined,
      series: {},
    },
    ...{ summary: { metrics: {} } },
    ...more,
  };
}

test('goodput counts successes of its stage against the capacity that was measured', () => {
  const at = (perSecond: number) => ({ atMs: 0, what: 'capacity', detail: { perSecond } });
  const calls = [...every(9_000, 13_000, 10), ...every(9_000, 13_000, 1, { status: 503 })]; // the second of three
  calls.push(...every(9_000, 13_000, 5, { ms: 1_001 })); // too late to be of use
  const check = goodput({ multiple: 4, stage: [1, 3], atLeast: 0.85, withinMs: 1_000 });
  expect(check.judge(seen({ calls, seen: [at(110)] }))).toMatchObject({
    holds: true,
    measured: '100 of 110 requests/s (90.9 %)',
  });
  expect(check.judge(seen({ calls, seen: [at(120)] })).holds).toBe(false);
  expect(() => check.judge(seen({ calls }))).toThrow('capacity');
});

test('a refusal that does not say when to come back is counted', () => {
  const calls = [call(6_000, { status: 503 }), call(6_001)];
  expect(retryAfterGiven().judge(seen({ calls }))).toMatchObject({ holds: true, measured: '0 of 1' });
  const without = [{ atMs: 6_000, what: 'no-retry-after', detail: {} }];
  expect(retryAfterGiven().judge(seen({ calls, seen: without })).holds).toBe(false);
  expect(retryAfterGiven().judge(seen({})).samples).toEqual({ seen: 0, needed: 1 });
});

test('a capacity is told, and k6 was set to make the arrivals that it needs', () => {
  const judged = (detail: Readonly<Record<string, unknown>>) =>
    capacityInRange().judge(seen({ seen: [{ atMs: 0, what: 'capacity', detail }] }));
  expect(judged({ perSecond: 199.6, most: 200 })).toMatchObject({ holds: true, measured: '200/s' });
  expect(judged({ perSecond: 201, most: 200 }).holds).toBe(false);
  expect(judged({ perSecond: 0, most: 200 }).holds).toBe(false);
  expect(capacityInRange().judge(seen({}))).toMatchObject({ holds: false, measured: 'none' });
});

test("what a refusal costs is told from the gateway's seconds with few and with many", () => {
  const fault = [...every(5_000, 11_000, 10), ...every(11_000, 17_000, 20)];
  const refused = [...every(5_000, 11_000, 2, { status: 503 }), ...every(11_000, 17_000, 1, { status: 503 })];
  const calls = [...every(0, 5_000, 10), ...fault, ...refused].map((call) => ({ ...call, ms: 0 }));
  // 4 ms in all for one that is served, 1 ms of it in the gateway, and 0.1 ms for one that is refused; 5 ms idle
  const gatewayMs = (second: number) => (second < 5 ? 105 : second < 11 ? 155 : second < 17 ? 155 : 5);
  const total = (perSecond: (second: number) => number) =>
    Array.from({ length: 23 }, (_, at) =>
      Array.from({ length: at }, (_, s) => perSecond(s)).reduce((a, b) => a + b, 0),
    );
  const series = {
    'CPU seconds': total((second) => (second < 5 ? 0.4 : 0.5)),
    'CPU seconds of the gateway': total((second) => gatewayMs(second) / 1_000),
  };
  const judged = refusalCost({ atMost: 0.05 }).judge(seen({ calls, series }));
  expect(judged).toMatchObject({ holds: true, measured: '0.100 ms against 4.00 ms (2.5 %)' });
  expect(refusalCost({ atMost: 0.02 }).judge(seen({ calls, series })).holds).toBe(false);
  expect(refusalCost({ atMost: 0.05 }).judge(seen({ calls })).holds).toBe(false);
});

test('pages must say of each part that it is missing, for as long as it was', () => {
  const calls = every(5_000, 17_000, 100);
  const says = (parts: string[], fromMs: number, toMs: number) =>
    every(fromMs, toMs, 100).map(({ atMs }) => ({ atMs, what: 'degraded', detail: { parts } }));
  const check = pagesSay({ parts: ['pricing', 'event'], atLeast: 0.3 });
  const both = [...says(['pricing'], 5_000, 11_000), ...says(['event'], 12_000, 17_000)];
  expect(check.judge(seen({ calls, seen: both }))).toMatchObject({
    holds: true,
    measured: 'pricing 50 %, event 41.7 %',
  });
  expect(check.judge(seen({ calls, seen: says(['pricing'], 5_000, 17_000) })).holds).toBe(false);
  expect(check.judge(seen({ seen: both })).holds).toBe(false);
});

test('after a storm a refusal is as bad as the slowest answer', () => {
  const check = quickAgain({ withinMs: 2_000, quantile: 0.95, belowMs: 300 });
  const storm = every(17_000, 19_000, 10, { ms: 5_000 });
  expect(check.judge(seen({ calls: [...storm, ...every(19_000, 22_000, 10)] }))).toMatchObject({
    holds: true,
    measured: '10 ms',
  });
  const refused = every(19_000, 19_200, 10, { status: 503 });
  expect(check.judge(seen({ calls: [...refused, ...every(19_200, 22_000, 10)] }))).toMatchObject({
    holds: false,
    measured: '6.67 % failed',
  });
  expect(check.judge(seen({ calls: storm })).samples?.seen).toBe(0);
});

test('the databases may do that many times their usual work, and no more', () => {
  const totals = (during: number) => Array.from({ length: 23 }, (_, s) => (s <= 5 ? s * 100 : 500 + (s - 5) * during));
  const judged = (during: number, gap?: number) => {
    const values: (number | null)[] = totals(during);
    if (gap !== undefined) values[gap] = null;
    return databaseLoad({ atMostTimes: 3 }).judge(seen({ series: { 'database transactions': values } }));
  };
  expect(judged(300)).toMatchObject({ holds: true, measured: '3.00 times (100/s, then 300/s)' });
  expect(judged(301).holds).toBe(false);
  expect(judged(300, 17).holds).toBe(true);
  expect(databaseLoad({ atMostTimes: 3 }).judge(seen({}))).toMatchObject({ holds: false, unknown: true });
});
