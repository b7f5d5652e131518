import { everyOrderEnded, failures, recovers, type Claim } from '../src';
import { prove, type ProveOptions } from '../src/prove';
import { Unavailable } from '../src/world';
import { FakeWorld, type FakeShop } from './fake-world';

const OFF = 'ask-provider-by-key';
/** A shop that fails under the fault only when the mitigation is off. */
const GUARDED: FakeShop['failuresPerSecond'] = (phase, off) => (phase === 'fault' && off === OFF ? 30 : 0);

function claimOn(world: FakeWorld, repeat = 1, changes: Partial<Claim> = {}): Claim {
  const timing = { steadyMs: 5_000, faultMs: 10_000, recoveryMs: 5_000, repeat };
  return {
    id: 'L1',
    promise: 'It stays up.',
    tier: 'local',
    load: { scenario: 'none', settings: {} },
    steadyState: [failures({ atMost: 0.01 })],
    fault: world.fault(),
    holds: [failures({ atMost: 0.01, during: ['fault'] })],
    control: { off: OFF },
    forms: { quick: timing, full: timing },
    ...changes,
  };
}

function options(changes: Partial<ProveOptions> = {}): ProveOptions {
  return {
    form: 'quick',
    control: 'run',
    seed: 1,
    folder: '/nowhere',
    signal: new AbortController().signal,
    report: () => undefined,
    origin: { definition: 'd', commit: 'c', command: 'npx stampede prove L1' },
    ...changes,
  };
}

async function verdictOn(shop: FakeShop, changes: Partial<ProveOptions> = {}, repeat = 1, claim: Partial<Claim> = {}) {
  const world = new FakeWorld(shop);
  const journal = await prove(world, claimOn(world, repeat, claim), options(changes));
  return { ...journal, transcript: world.transcript };
}

test('a promise that holds, and does not without its mitigation, is proved', async () => {
  const { verdict, why, transcript, runs } = await verdictOn({ failuresPerSecond: GUARDED });
  expect(verdict).toBe('PASS');
  expect(why).toBe('it holds; without ask-provider-by-key: requests that failed (fault): 300 of 1000, at most 1 %');
  expect(runs.map(({ role, outcome }) => `${role} ${outcome}`)).toEqual(['experiment holds', 'control broken']);
  expect(transcript).toEqual([
    'open',
    'fault',
    'undo',
    'close',
    'open without ask-provider-by-key',
    'fault',
    'undo',
    'close',
  ]);
});

test('a promise that is broken is FAIL, and no control is run for it', async () => {
  const { verdict, transcript } = await verdictOn({ failuresPerSecond: (phase) => (phase === 'fault' ? 30 : 0) });
  expect(verdict).toBe('FAIL');
  expect(transcript).toEqual(['open', 'fault', 'undo', 'close']);
});

test('a shop that is not well before the fault proves nothing', async () => {
  const { verdict, why } = await verdictOn({ failuresPerSecond: () => 2 });
  expect([verdict, why]).toEqual(['INVALID', 'before the fault: requests that failed: 10 of 500, at most 1 %']);
});

test('too few samples for the ratio prove nothing', async () => {
  const { verdict, why } = await verdictOn({ failuresPerSecond: GUARDED, rate: 29 });
  expect(verdict).toBe('INVALID');
  expect(why).toMatch(/145 samples, 300 needed/);
});

test('a load that could not be sent proves nothing', async () => {
  const { verdict, why } = await verdictOn({ failuresPerSecond: GUARDED, droppedRatio: 0.011 });
  expect([verdict, why]).toEqual(['INVALID', 'k6 dropped 1.1 % of its arrivals: it was the limit, not the shop']);
});

test('a fault that did not act is NO-FAULT, however well the shop did', async () => {
  expect(await verdictOn({ failuresPerSecond: GUARDED, acted: 0 })).toMatchObject({ verdict: 'NO-FAULT' });
});

test('a check that holds without the mitigation does not bite', async () => {
  expect(await verdictOn({ failuresPerSecond: () => 0 })).toMatchObject({ verdict: 'CONTROL-PASSED' });
});

test('a promise that rests on two protections has a control for each, and both must bite', async () => {
  const both = { control: { off: OFF, also: [{ off: 'wait-for-provider' }] } } as const;
  const eitherWay: FakeShop['failuresPerSecond'] = (phase, off) => (phase === 'fault' && off !== undefined ? 30 : 0);
  const proved = await verdictOn({ failuresPerSecond: eitherWay }, {}, 1, both);
  expect([proved.verdict, proved.runs.map(({ off }) => off)]).toEqual(['PASS', [undefined, OFF, 'wait-for-provider']]);
  expect(proved.why).toMatch(/without ask-provider-by-key: .*; without wait-for-provider: /);
  const { verdict, why } = await verdictOn({ failuresPerSecond: GUARDED }, {}, 1, both);
  expect([verdict, why]).toEqual([
    'CONTROL-PASSED',
    'it holds without wait-for-provider as well: the checks do not bite',
  ]);
});

test('a switch that is ignored turns a sound claim into CONTROL-PASSED', async () => {
  const { verdict, transcript } = await verdictOn({ failuresPerSecond: GUARDED }, { ignoreSwitch: true });
  expect(verdict).toBe('CONTROL-PASSED');
  expect(transcript.filter((line) => line.startsWith('open'))).toEqual(['open', 'open']);
});

test('every repetition must hold', async () => {
  let seconds = 0; // of fault: the first run has ten
  const second = (phase: string) => (phase === 'fault' && (seconds += 1) > 10 ? 30 : 0);
  const { verdict, runs } = await verdictOn({ failuresPerSecond: second }, {}, 3);
  expect(verdict).toBe('FAIL');
  expect(runs.map(({ seed, outcome }) => [seed, outcome])).toEqual([
    [1, 'holds'],
    [2, 'broken'],
  ]);
});

test.each(['only', 'skip'] as const)('with --control %s nothing is proved', async (control) => {
  expect(await verdictOn({ failuresPerSecond: GUARDED }, { control })).toMatchObject({ verdict: 'INVALID' });
});

test('a part that is not there is UNAVAILABLE, with the way to get it', async () => {
  const world = new FakeWorld({ failuresPerSecond: GUARDED });
  world.openShop = () => Promise.reject(new Unavailable('Kafka is needed: install it'));
  const { verdict, why } = await prove(world, claimOn(world), options());
  expect([verdict, why]).toEqual(['UNAVAILABLE', 'Kafka is needed: install it']);
});

test('an interrupted run undoes its fault and closes its shop', async () => {
  const world = new FakeWorld({ failuresPerSecond: GUARDED });
  const interrupt = new AbortController();
  const report = (line: string) =>
    void (line.includes('fault:') && setImmediate(() => interrupt.abort(new Error('Ctrl-C'))));
  await expect(prove(world, claimOn(world), options({ signal: interrupt.signal, report }))).rejects.toThrow('Ctrl-C');
  expect(world.transcript).toEqual(['open', 'fault', 'undo', 'close']);
});

test.each([
  ['start', 'the fault could not be started: no'],
  ['end', 'the fault could not be kept up: no'],
  ['undo', 'the fault could not be undone: no'],
  ['be seen', 'the fault could not be seen: no'],
] as const)('a fault that fails to %s proves nothing, and that is told', async (to, why) => {
  const { verdict, transcript, ...journal } = await verdictOn({
    failuresPerSecond: GUARDED,
    faultFails: { to, why: 'no' },
  });
  expect([verdict, journal.why]).toEqual(['INVALID', why]);
  expect(transcript.at(-1)).toBe('close');
});

const FIRST_MOMENT_OF_FAULT = { atMs: 4_990, firstAtMs: 4_990, ms: 400, route: 'event-page', attempt: 1 };
const BROKEN_BY_FAULT = Array.from({ length: 30 }, () => ({ ...FIRST_MOMENT_OF_FAULT, status: 0, failed: true }));

test('what the first moment of the fault breaks is not held against the shop before it', async () => {
  expect(await verdictOn({ failuresPerSecond: GUARDED, more: BROKEN_BY_FAULT })).toMatchObject({ verdict: 'PASS' });
});

test('recovery is counted from the end of the fault, however long the shop takes to be ready', async () => {
  const held = await verdictOn({ failuresPerSecond: GUARDED, downMs: 3_000 }, {}, 1, {
    holds: [failures({ atMost: 0.01, during: ['fault'] }), recovers({ withinMs: 3_500 })],
  });
  expect(held.runs[0]?.checks.at(-1)).toMatchObject({ holds: true, measured: '3.0 s' });
  const late = await verdictOn({ failuresPerSecond: GUARDED, downMs: 4_000 }, {}, 1, {
    holds: [recovers({ withinMs: 3_500 })],
  });
  expect(late.verdict).toBe('FAIL');
});

test('a shop whose sagas cannot be read has not recovered', async () => {
  const metric = () => Promise.reject(new Error('nobody shows stampede_saga_oldest_age_seconds'));
  const { verdict } = await verdictOn({ failuresPerSecond: GUARDED, metric }, {}, 1, {
    holds: [recovers({ withinMs: 5_000 })],
  });
  expect(verdict).toBe('FAIL');
});

test('orders that cannot be read prove nothing, not even in the control', async () => {
  const orderOf = () => Promise.reject(new Error('order o-1 cannot be read: 503'));
  const { verdict, why } = await verdictOn({ failuresPerSecond: () => 0, orderOf }, {}, 1, {
    holds: [everyOrderEnded()],
  });
  expect(verdict).toBe('INVALID');
  expect(why).toMatch(/1 could not be read/);
});

const SLOW = 'http_req_duration{phase:fault}';
const summaryOf = (ok: boolean, count = 300) => ({
  metrics: { [SLOW]: { values: { 'p(99)': 1_200, count }, thresholds: { 'p(99)<1000': { ok } } } },
});
const THRESHOLDS = { thresholds: { [SLOW]: ['p(99)<1000'] } };

test("a threshold of k6's that is crossed breaks the promise", async () => {
  const { verdict, why } = await verdictOn(
    { failuresPerSecond: GUARDED, summary: summaryOf(false) },
    {},
    1,
    THRESHOLDS,
  );
  expect([verdict, why]).toEqual(['FAIL', `k6: ${SLOW}: 1200, p(99)<1000`]);
});

test.each([
  ['k6 does not report', { metrics: {} }, /cannot be judged: k6: .* not in the summary/],
  ['has too few samples', summaryOf(true, 299), /299 samples, 300 needed/],
])('a threshold that %s proves nothing', async (_, summary, why) => {
  const journal = await verdictOn({ failuresPerSecond: GUARDED, summary }, {}, 1, THRESHOLDS);
  expect(journal.verdict).toBe('INVALID');
  expect(journal.why).toMatch(why);
});

test('a control that fails by little is told as thin', async () => {
  const bitesBy = (perSecond: number) =>
    verdictOn({ failuresPerSecond: (phase, off) => (phase === 'fault' && off === OFF ? perSecond : 0) });
  const { verdict, why, runs } = await bitesBy(1.5);
  expect(verdict).toBe('PASS');
  expect(runs.at(-1)?.bite).toEqual({ by: '2 times its limit', thin: false }); // 2 of 100 each second
  expect(why).not.toMatch(/thin/);
  const none = { holds: [failures({ atMost: 0, during: ['fault'] as const })] };
  const one = { ...FIRST_MOMENT_OF_FAULT, firstAtMs: 6_000, atMs: 6_000, status: 0, failed: true };
  const world = new FakeWorld({ failuresPerSecond: () => 0 });
  const journal = await prove(world, claimOn(world, 1, none), {
    ...options(),
    report: (line) => void (line.includes('control') && world.add(one)),
  });
  expect(journal.why).toMatch(/1 of 1001, none \(thin: it bites by 1\)$/);
});
