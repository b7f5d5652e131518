import { RISE_EVENTS, type Scaling } from '@stampede/faults/cluster';
import type { Call, Observations } from '../check';
import { scaleInLosesNothing, secondsToCapacity, sloHeld, timeOverSlo } from './elasticity-checks';

const SLO = { routes: ['event-page'], lateMs: 400, atMost: 0.001 };
const RISE_MS = 100_000;
const STEADY_MS = 10_000;
/** One after the other. */
const BY: readonly Scaling[] = ['arrivals', 'stock', 'announced'];
const fromMs = (rise: number) => STEADY_MS + rise * RISE_MS;

/** Ten pages a second, of which those in `badSeconds` of each rise are late. */
function seen(badSeconds: readonly number[], changes: Partial<Observations> = {}): Observations {
  const calls = BY.flatMap((_, rise) =>
    Array.from({ length: RISE_MS / 100 }, (_unused, index): Call => {
      const atMs = fromMs(rise) + index * 100;
      const isBad = index < (badSeconds[rise] ?? 0) * 10;
      return call(atMs, isBad ? { ms: 401 } : {});
    }),
  );
  return {
    phases: [
      { name: 'steady', fromMs: 0, toMs: STEADY_MS },
      { name: 'fault', fromMs: STEADY_MS, toMs: fromMs(BY.length) - 1_000 },
      { name: 'recovery', fromMs: fromMs(BY.length) - 1_000, toMs: fromMs(BY.length) + 30_000 },
    ],
    events: BY.map((scaledBy, rise) => ({
      atMs: fromMs(rise),
      kind: RISE_EVENTS.rise,
      detail: { scaledBy, lastsMs: RISE_MS, doubledAfterMs: 40_000 },
    })),
    ...{ calls, seen: [], orders: new Map(), untold: new Map(), unread: [], statement: [] },
    ...{ audit: undefined, recoveredMs: 0, series: {}, summary: { metrics: {} } },
    ...changes,
  };
}

function call(atMs: number, changes: Partial<Call> = {}): Call {
  return {
    ...{ atMs, firstAtMs: atMs, route: 'event-page', status: 200, ms: 20, attempt: 1, failed: false },
    ...changes,
  };
}

test('the SLO is asked of the rises that were scaled that way, and of no others', () => {
  const loose = { ...SLO, atMost: 0.01 };
  expect(sloHeld(loose, 'arrivals').judge(seen([1, 50, 0]))).toMatchObject({ holds: true, measured: '10 of 1000' });
  expect(sloHeld(loose, 'arrivals').judge(seen([2, 0, 0]))).toMatchObject({ holds: false, beyond: { times: 2 } });
  expect(sloHeld(SLO, 'arrivals').judge(seen([0])).samples).toEqual({ seen: 1_000, needed: 3_000 });
});

test('what fails is as bad as what is late, and a refusal of one buyer is not', () => {
  const loose = { ...SLO, atMost: 0.01 };
  const with20 = (changes: Partial<Call>) => {
    const observed = seen([]);
    const bad = Array.from({ length: 20 }, (_, index) => call(fromMs(0) + index, changes));
    return sloHeld(loose, 'arrivals').judge({ ...observed, calls: [...observed.calls, ...bad] }).holds;
  };
  expect(with20({ status: 503 })).toBe(false);
  expect(with20({ status: 0 })).toBe(false);
  expect(with20({ status: 429 })).toBe(true);
  expect(with20({ status: 503, route: 'hold' })).toBe(true);
});

const REACTIVE = { scaledBy: 'arrivals', against: 'stock', atMostTimes: 0.3, pairs: 1 } as const;

test('time over the SLO is compared rise by rise, and told', () => {
  expect(timeOverSlo(SLO, REACTIVE).judge(seen([9, 38]))).toMatchObject({
    ...{ holds: true, measured: '0.28 times: 11 s against 40 s', samples: { seen: 1, needed: 1 } },
  });
  expect(timeOverSlo(SLO, REACTIVE).judge(seen([11, 38])).holds).toBe(false);
});

test('one late page makes no second over the SLO', () => {
  const observed = seen([0, 38]);
  const late = { ...observed, calls: [...observed.calls, call(fromMs(0) + 5_000, { ms: 9_000 })] };
  expect(timeOverSlo(SLO, REACTIVE).judge(late).measured).toContain('0 s against');
});

test('against a stock HPA that kept the SLO as well nothing can be said', () => {
  expect(timeOverSlo(SLO, REACTIVE).judge(seen([0, 5]))).toMatchObject({ unknown: true });
  expect(timeOverSlo(SLO, { ...REACTIVE, pairs: 3 }).judge(seen([0, 38])).samples).toEqual({ seen: 1, needed: 3 });
});

test('a rise that did not come to its end is none', () => {
  const observed = seen([50, 38]);
  const phases = observed.phases.map((phase) =>
    phase.name === 'fault' ? { ...phase, toMs: fromMs(1) - 9_000 } : phase,
  );
  expect(sloHeld(SLO, 'arrivals').judge({ ...observed, phases }).samples?.seen).toBe(0);
});

const replicasFrom = (second: number) => Array.from({ length: 340 }, (_, at) => (at < second ? 1 : 3));
const doubledS = (fromMs(0) + 40_000) / 1_000;

test('the time to capacity runs from twice the crowd on, and never is never', () => {
  const check = secondsToCapacity({ scaledBy: 'arrivals', of: 'replicas', atLeast: 3, withinMs: 20_000 });
  const judged = (second: number) => check.judge(seen([], { series: { replicas: replicasFrom(second) } }));
  expect(judged(doubledS + 20)).toMatchObject({ holds: true, measured: '20 s' });
  expect(judged(doubledS + 21)).toMatchObject({ holds: false, measured: '21 s' });
  expect(judged(doubledS + 90)).toMatchObject({ holds: false, measured: 'never' });
  expect(check.judge(seen([])).unknown).toBe(true);
});

test('where the crowd was announced the replicas are there before it', () => {
  const check = secondsToCapacity({ scaledBy: 'announced', of: 'replicas', atLeast: 3, withinMs: 0 });
  const announcedS = (fromMs(2) + 40_000) / 1_000;
  expect(check.judge(seen([], { series: { replicas: replicasFrom(announcedS) } })).holds).toBe(true);
  expect(check.judge(seen([], { series: { replicas: replicasFrom(announcedS + 1) } })).holds).toBe(false);
});

test('a second in which replicas could not be counted takes none away', () => {
  const check = secondsToCapacity({ scaledBy: 'arrivals', of: 'replicas', atLeast: 3, withinMs: 0 });
  const replicas = replicasFrom(doubledS - 1).map((count, second) => (second === doubledS ? null : count));
  expect(check.judge(seen([], { series: { replicas } }))).toMatchObject({ holds: true, measured: '0 s' });
});

test('scaling in loses nothing where nothing fails while replicas go, and where some go', () => {
  const check = scaleInLosesNothing({ scaledBy: ['arrivals'], withinMs: 20_000, atLeast: 3 });
  const judged = (replicas: number, failedAtMs?: number) => {
    const { calls, events = [], ...rest } = seen([]);
    const scaleIn = { atMs: fromMs(1), kind: RISE_EVENTS.scaleIn, detail: { scaledBy: 'arrivals', replicas } };
    const ofStock = { atMs: fromMs(2), kind: RISE_EVENTS.scaleIn, detail: { scaledBy: 'stock', replicas: 1 } };
    const failed = failedAtMs === undefined ? [] : [call(failedAtMs, { status: 502 })];
    return check.judge({ ...rest, events: [...events, scaleIn, ofStock], calls: [...calls, ...failed] });
  };
  expect(judged(4)).toMatchObject({ holds: true, measured: '0 of 200, with 4 taken away' });
  expect(judged(4, fromMs(1) + 19_000).holds).toBe(false);
  expect(judged(4, fromMs(1) + 21_000).holds).toBe(true);
  expect(judged(4, fromMs(2) + 1_000).holds).toBe(true);
  expect(judged(2).holds).toBe(false);
  expect(check.judge(seen([])).holds).toBe(false);
});
