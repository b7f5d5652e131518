import { Budget } from './budget';
import { BudgetSpent, BulkheadFull, CircuitOpen, Overloaded, UnknownOutcome } from './errors';
import { LoadShedder } from './load-shedder';
import { policy, type PolicyOptions } from './policy';
import { FakeClock, recordEvents, settle } from './testing';

const down = Object.assign(new Error('down'), { status: 503 });
const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const forever = (): Promise<never> => new Promise(() => undefined);

/** Everything switched on; retries wait no time. */
function full(clock: FakeClock, more: Partial<PolicyOptions> = {}) {
  return policy({
    name: 'inventory',
    shed: new LoadShedder('gateway', { limit: 100 }, clock),
    bulkhead: { maxInFlight: 10 },
    breaker: { volumeThreshold: 5 },
    retry: { baseMs: 0, floorPerSecond: 100 },
    hedge: {},
    balancer: { addresses: ['http://a', 'http://b'] },
    timeoutMs: 800,
    clock,
    random: () => 0,
    ...more,
  });
}

test('an attempt gets a signal, its number and an address, and its answer comes through', async () => {
  const peer = full(new FakeClock());
  const answer = await peer.run({ method: 'GET' }, async (signal, attemptNumber, address) => {
    return `${attemptNumber} ${address.slice(0, 7)} ${signal.aborted}`;
  });
  expect(answer).toBe('1 http:// false');
});

test('with no part at all a policy is the call itself', async () => {
  const bare = policy({ name: 'bare' });
  expect(await bare.run({}, async (_signal, attemptNumber, address) => [attemptNumber, address])).toEqual([
    1,
    undefined,
  ]);
});

test('a retry goes to another address and is told its number', async () => {
  const clock = new FakeClock();
  const peer = full(clock);
  const seen: string[] = [];
  const answer = peer.run({}, async (_signal, attemptNumber, address) => {
    seen.push(address);
    if (attemptNumber === 1) throw refused;
    return 'ok';
  });
  await clock.advance(0);
  expect(await answer).toBe('ok');
  expect(new Set(seen)).toEqual(new Set(['http://a', 'http://b']));
});

test('a replica that sheds is not waited for while there is another, and both of them are', async () => {
  const clock = new FakeClock();
  const peer = full(clock);
  const sheds = Object.assign(new Error('overloaded'), { status: 503, retryAfterMs: 1_000 });
  const call = (shedding: number) => {
    let made = 0;
    return peer.run({ method: 'GET' }, async () =>
      made++ < shedding ? Promise.reject(sheds) : `after ${clock.now()}`,
    );
  };
  const began = clock.now();
  const [one, both] = [call(1), call(2)];
  await clock.advance(0);
  expect(await one).toBe(`after ${began}`);
  await clock.advance(1_000);
  expect(await both).toBe(`after ${began + 1_000}`);
});

test('a spent budget sends nothing and takes no place anywhere', async () => {
  const recorded = recordEvents();
  const clock = new FakeClock();
  const peer = full(clock);
  let sent = false;
  await expect(peer.run({ budget: Budget.ofMs(0, { clock }) }, async () => (sent = true))).rejects.toBeInstanceOf(
    BudgetSpent,
  );
  recorded.stop();
  expect([sent, peer.stats().inFlight]).toEqual([false, 0]);
  expect(recorded.events).toEqual([{ type: 'budget_spent', name: 'inventory' }]);
});

test('the order is fixed: shed before bulkhead before breaker', async () => {
  const clock = new FakeClock();
  const shed = new LoadShedder('gateway', { limit: 2 }, clock);
  const peer = full(clock, { shed, bulkhead: { maxInFlight: 1 }, breaker: { volumeThreshold: 1 } });
  await expect(peer.run({}, () => Promise.reject(down))).rejects.toBe(down);
  await expect(peer.run({}, forever)).rejects.toBeInstanceOf(CircuitOpen);
  await clock.advance(5_000);
  void peer.run({ priority: 'critical' }, forever).catch(() => undefined);
  await expect(peer.run({ priority: 'critical' }, forever)).rejects.toBeInstanceOf(BulkheadFull);
  shed.admit('critical');
  await expect(peer.run({ priority: 'critical' }, forever)).rejects.toBeInstanceOf(Overloaded);
  await clock.advance(800);
});

test('a call counts once for the breaker, however often it was tried', async () => {
  const clock = new FakeClock();
  const peer = full(clock);
  let attempts = 0;
  const call = peer.run({ idempotent: true }, async () => {
    attempts++;
    throw down;
  });
  const rejected = expect(call).rejects.toBe(down);
  await clock.advance(0);
  await rejected;
  expect([attempts, peer.stats().circuit?.failures]).toEqual([3, 1]);
});

test('a call that the bulkhead refuses is none of the breaker', async () => {
  const clock = new FakeClock();
  const peer = full(clock, { bulkhead: { maxInFlight: 1 } });
  void peer.run({ timeoutMs: 10 }, forever).catch(() => undefined);
  for (let i = 0; i < 20; i++) await peer.run({}, forever).catch(() => undefined);
  await clock.advance(10);
  expect(peer.stats().circuit).toMatchObject({ state: 'closed', failures: 1 });
});

test('an attempt that does not answer in time is an unknown outcome, and its signal aborts', async () => {
  const recorded = recordEvents();
  const clock = new FakeClock();
  const peer = full(clock);
  let seen: AbortSignal | undefined;
  const rejected = expect(
    peer.run({}, (signal) => {
      seen = signal;
      return forever();
    }),
  ).rejects.toMatchObject({ name: 'UnknownOutcome', code: 'outcome_unknown', reason: 'timeout' });
  await clock.advance(800);
  await rejected;
  recorded.stop();
  expect(seen?.reason).toBeInstanceOf(UnknownOutcome);
  expect(recorded.events.at(-1)).toEqual({ type: 'unknown_outcome', name: 'inventory', reason: 'timeout' });
  expect([peer.stats().inFlight, clock.pending]).toEqual([0, 0]);
});

test('the budget cuts an attempt short of its timeout, and no retry outlives it', async () => {
  const clock = new FakeClock();
  const peer = full(clock);
  let attempts = 0;
  const call = peer.run({ idempotent: true, budget: Budget.ofMs(1_000, { clock }) }, () => {
    attempts++;
    return forever();
  });
  const rejected = expect(call).rejects.toBeInstanceOf(UnknownOutcome);
  await clock.advance(1_000);
  await rejected;
  expect([attempts, clock.now(), clock.pending]).toEqual([2, 1_000, 0]);
});

test('a caller who goes away frees everything at once and does not speak against the peer', async () => {
  const clock = new FakeClock();
  const peer = full(clock);
  const caller = new AbortController();
  const budget = Budget.ofMs(2_000, { clock, caller: caller.signal });
  const rejected = expect(peer.run({ budget }, forever)).rejects.toMatchObject({ reason: 'cancelled' });
  caller.abort();
  await rejected;
  expect(peer.stats()).toMatchObject({ inFlight: 0, circuit: { cancelled: 1, failures: 0 } });
  expect(clock.pending).toBe(0);
});

test('a long poll takes no place in the bulkhead', async () => {
  const clock = new FakeClock();
  const peer = full(clock, { bulkhead: { maxInFlight: 1 } });
  void peer.run({ bulkhead: false }, forever).catch(() => undefined);
  expect(await peer.run({}, async () => 'ok')).toBe('ok');
  await clock.advance(800);
});

test('only reads are hedged, at another address, and the loser is called off', async () => {
  const clock = new FakeClock();
  const peer = full(clock);
  for (let i = 0; i < 50; i++) await peer.run({ method: 'GET' }, async () => 'ok');
  const slowFirst = async (log: string[]) => {
    const signals: AbortSignal[] = [];
    return {
      signals,
      attempt: (signal: AbortSignal, attemptNumber: number, address: string) => {
        signals.push(signal);
        log.push(address);
        return attemptNumber === 1 ? forever() : Promise.resolve('hedged');
      },
    };
  };
  const readLog: string[] = [];
  const read = await slowFirst(readLog);
  const answer = peer.run({ method: 'GET' }, read.attempt);
  await clock.advance(5);
  expect(await answer).toBe('hedged');
  expect(new Set(readLog).size).toBe(2);
  expect(read.signals[0]?.aborted).toBe(true);

  const writeLog: string[] = [];
  const write = await slowFirst(writeLog);
  const posted = peer.run({ method: 'POST' }, write.attempt).catch(() => undefined);
  await clock.advance(800);
  await posted;
  expect(writeLog).toHaveLength(1);
});

test('a replica that is gone is left out after five failures while every call succeeds', async () => {
  const clock = new FakeClock();
  const peer = full(clock, { random: () => 0.99 });
  let deadCalls = 0;
  const attempt = async (_signal: AbortSignal, _attemptNumber: number, address: string): Promise<string> => {
    if (address !== 'http://a') return 'ok';
    deadCalls++;
    throw refused;
  };
  for (let i = 0; i < 200; i++) {
    const answer = peer.run({}, attempt);
    await clock.advance(1);
    expect(await answer).toBe('ok');
  }
  expect(deadCalls).toBeLessThanOrEqual(5);
});

test('when the dependency fails altogether the load on it grows by a fifth', async () => {
  const clock = new FakeClock();
  const peer = full(clock, { retry: { baseMs: 0, floorPerSecond: 0 }, breaker: { volumeThreshold: 1_000 } });
  let attempts = 0;
  for (let i = 0; i < 100; i++) {
    const call = peer.run({ idempotent: true }, async () => {
      attempts++;
      throw down;
    });
    const rejected = expect(call).rejects.toBe(down);
    await clock.advance(0);
    await rejected;
  }
  expect(attempts).toBe(120);
});

test('what ran out of time while this process was blocked is not sent any more', async () => {
  const clock = new FakeClock();
  let blockedMs = 0;
  const late = { now: () => clock.now() + blockedMs, after: clock.after.bind(clock) };
  const peer = policy({ name: 'inventory', retry: { baseMs: 10 }, clock: late, random: () => 0.5 });
  let attempts = 0;
  const call = peer.run({ budget: Budget.ofMs(1_000, { clock: late }) }, async () => {
    attempts++;
    blockedMs = 990;
    throw refused;
  });
  const rejected = expect(call).rejects.toBeInstanceOf(BudgetSpent);
  await settle();
  blockedMs = 5_000;
  await clock.advance(5);
  await rejected;
  expect(attempts).toBe(1);
});

test('a classifier of the dependency decides what is worth another try', async () => {
  const clock = new FakeClock();
  const once = Object.assign(new Error('once'), { status: 500 });
  const peer = full(clock, { classify: (error) => (error === once ? 'unavailable' : 'failed') });
  const answer = peer.run({ idempotent: true }, async (_signal, attemptNumber) => {
    if (attemptNumber === 1) throw once;
    return 'captured';
  });
  await clock.advance(0);
  expect(await answer).toBe('captured');
});

test('nothing is published and nothing left behind by a call that just succeeds', async () => {
  const recorded = recordEvents();
  const clock = new FakeClock();
  await full(clock).run({ budget: Budget.ofMs(900, { clock }) }, async () => 'ok');
  await settle();
  recorded.stop();
  expect(recorded.events).toEqual([{ type: 'breaker_call', name: 'inventory', result: 'success' }]);
  expect(clock.pending).toBe(0);
});
