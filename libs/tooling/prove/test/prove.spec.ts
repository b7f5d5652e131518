import { failures, type Claim } from '../src';
import { prove, type ProveOptions } from '../src/prove';
import { Unavailable } from '../src/world';
import { FakeWorld, type FakeShop } from './fake-world';

const OFF = 'ask-provider-by-key';
/** A shop that fails under the fault only when the mitigation is off. */
const GUARDED: FakeShop['failuresPerSecond'] = (phase, off) => (phase === 'fault' && off === OFF ? 30 : 0);

function claimOn(world: FakeWorld, repeat = 1): Claim {
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

async function verdictOn(shop: FakeShop, changes: Partial<ProveOptions> = {}, repeat = 1) {
  const world = new FakeWorld(shop);
  const journal = await prove(world, claimOn(world, repeat), options(changes));
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
