import { ACCESS_EVENTS, QUEUE_EVENTS } from '@stampede/faults';
import type { Call, Observations } from '../check';
import { accessAsDeclared, linesNoticed } from './access-checks';
import { amplification, failuresLateInFault, grows, watchedShare } from './mesh-checks';
import { fromNoneAndBack, queueDrained } from './queue-checks';

const seconds = (count: number, at: (second: number) => number | null) =>
  Array.from({ length: count }, (_, second) => at(second));

function seen(changes: Partial<Observations>): Observations {
  return {
    phases: [
      { name: 'steady', fromMs: 0, toMs: 20_000 },
      { name: 'fault', fromMs: 20_000, toMs: 60_000 },
      { name: 'recovery', fromMs: 60_000, toMs: 70_000 },
    ],
    ...{ calls: [], seen: [], orders: new Map(), untold: new Map(), unread: [], statement: [] },
    ...{ audit: undefined, recoveredMs: 0, series: {}, summary: { metrics: {} } },
    ...changes,
  };
}

const wall = (name: string, wrong: number) => ({
  atMs: 1,
  kind: ACCESS_EVENTS.wall,
  detail: { wall: name, cells: 100, allowed: 7, wrong, first: wrong === 0 ? [] : ['orders POST pricing /quotes'] },
});
const line = (red: number) => ({ atMs: 2, kind: ACCESS_EVENTS.line, detail: { words: 'a b', lines: 3, red } });

test('one cell of any wall that is not as declared breaks the matrix, and is told', () => {
  const check = accessAsDeclared();
  expect(check.judge(seen({ events: [wall('mesh', 0), wall('network', 0), wall('edge', 0)] }))).toMatchObject({
    ...{ holds: true, measured: '0 of 300, of which 21 are allowed', samples: { seen: 3, needed: 3 } },
  });
  const broken = check.judge(seen({ events: [wall('mesh', 1), wall('network', 0)] }));
  expect(broken).toMatchObject({ holds: false, samples: { seen: 2, needed: 3 } });
  expect(broken.measured).toContain('orders POST pricing /quotes');
});

test('a policy line whose removal turns no cell red is one too many; all lines must have been tried', () => {
  expect(linesNoticed().judge(seen({ events: [line(1), line(2)] }))).toMatchObject({
    ...{ holds: true, samples: { seen: 2, needed: 3 } },
  });
  expect(linesNoticed({ atLeast: 2 }).judge(seen({ events: [line(1), line(0)] }))).toMatchObject({
    ...{ holds: false, samples: { seen: 2, needed: 2 } },
  });
});

const events = [{ atMs: 20_000, kind: 'sick' }];
const call = (atMs: number, failed: boolean): Call => ({
  ...{ atMs, firstAtMs: atMs, route: 'hold', status: failed ? 503 : 201, ms: 9, attempt: 1, failed },
});

test('what fails before a sick replica must be ejected does not count, what fails after does', () => {
  const check = failuresLateInFault({ routes: ['hold'], since: 'sick', afterMs: 10_000, atMost: 0.1 });
  const well = Array.from({ length: 60 }, (_, index) => call(31_000 + index, false));
  expect(check.judge(seen({ events, calls: [call(21_000, true), ...well] })).holds).toBe(true);
  const sick = Array.from({ length: 10 }, (_, index) => call(40_000 + index, true));
  expect(check.judge(seen({ events, calls: [...well, ...sick] })).holds).toBe(false);
  expect(check.judge(seen({ calls: [...well, ...sick] })).samples?.seen).toBe(0);
});

test('a share of calls is one of what was counted since then, and gaps do not matter', () => {
  const series = {
    all: seconds(70, (second) => (second % 7 === 3 ? null : second * 10)),
    bad: seconds(70, (second) => Math.min(second, 35)),
  };
  const check = watchedShare({ part: 'bad', of: 'all', since: 'sick', afterMs: 10_000, atMost: 0.02, samples: 100 });
  expect(check.judge(seen({ events, series }))).toMatchObject({ holds: true, measured: '0 of 240' });
});

test('retries amplify what is sent for each request against the time before', () => {
  const sent = (perSecond: number) =>
    seconds(70, (second) => Math.min(second, 20) * 10 + Math.max(0, second - 20) * perSecond);
  const check = amplification({ asked: 'asked', sent: 'sent', atMost: 1.2 });
  const asked = seconds(70, (second) => second * 10);
  expect(check.judge(seen({ series: { asked, sent: sent(11) } })).holds).toBe(true);
  expect(check.judge(seen({ series: { asked, sent: sent(19) } })).holds).toBe(false);
  expect(check.judge(seen({ series: { asked: seconds(70, () => null), sent: sent(11) } })).unknown).toBe(true);
});

const applied = (events: number, buyers: number) => ({
  ...{ atMs: 3, kind: QUEUE_EVENTS.applied, detail: { of: 10, events, buyers, afterMs: 4_000 } },
});
const queued = { atMs: 1, kind: QUEUE_EVENTS.queued, detail: { events: 10, repeats: 2 } };

test('a queue is drained when each event was applied for its own buyer', () => {
  const check = queueDrained({ withinMs: 5_000 });
  expect(check.judge(seen({ events: [queued, applied(3, 3), applied(10, 10)] })).holds).toBe(true);
  expect(check.judge(seen({ events: [queued, applied(10, 9)] })).holds).toBe(false);
  expect(check.judge(seen({ events: [queued] }))).toMatchObject({
    holds: false,
    measured: '0 of 10, for 0 buyers, in 0 s',
  });
});

test('a consumer sleeps, wakes to several replicas, and sleeps again', () => {
  const check = fromNoneAndBack({ of: 'pods', atLeast: 2 });
  const pods = (last: number) => seconds(70, (second) => (second < 25 ? 0 : second < 60 ? 3 : last));
  expect(check.judge(seen({ series: { pods: pods(0) } })).holds).toBe(true);
  expect(check.judge(seen({ series: { pods: pods(1) } })).holds).toBe(false);
  expect(check.judge(seen({ series: { pods: seconds(70, () => 0) } })).holds).toBe(false);
});

test('a counter that grew before the fault is not seen to act', () => {
  const check = grows({ what: 'refused', atLeast: 5 });
  const refused = (from: number) => seconds(70, (second) => Math.min(9, Math.max(0, second - from)));
  expect(check.judge(seen({ series: { refused: refused(30) } }))).toMatchObject({ holds: true, measured: '9' });
  expect(check.judge(seen({ series: { refused: refused(5) } }))).toMatchObject({ holds: false, measured: '0' });
  expect(check.judge(seen({})).unknown).toBe(true);
});
