import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker';
import { CircuitOpen, UnknownOutcome } from './errors';
import { FakeClock, recordEvents, settle } from './testing';

const OPTIONS: CircuitBreakerOptions = { failureRatio: 0.5, volumeThreshold: 4, windowMs: 10_000, openMs: 5_000 };
const down = (): Promise<never> => Promise.reject(Object.assign(new Error('down'), { status: 503 }));
const refuse = (): Promise<never> => Promise.reject(Object.assign(new Error('sold out'), { status: 409 }));
const up = (): Promise<string> => Promise.resolve('up');

function breaker(clock: FakeClock, options = OPTIONS): CircuitBreaker {
  return new CircuitBreaker('provider', options, clock);
}

async function fail(circuit: CircuitBreaker, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await circuit.run(down).catch(() => undefined);
}

test('a provider that fails is left alone, and the caller is told for how long', async () => {
  const clock = new FakeClock();
  const circuit = breaker(clock);
  await fail(circuit, 4);
  expect(circuit.state).toBe('open');
  await clock.advance(2_000);
  let called = false;
  const refused = circuit.run(async () => (called = true));
  await expect(refused).rejects.toMatchObject({ name: 'CircuitOpen', code: 'unavailable', retryAfterMs: 3_000 });
  expect(called).toBe(false);
});

test('fewer calls than the volume threshold never open it', async () => {
  const circuit = breaker(new FakeClock());
  await fail(circuit, 3);
  expect(circuit.state).toBe('closed');
});

test('failures that are older than the window are forgotten', async () => {
  const clock = new FakeClock();
  const circuit = breaker(clock);
  await fail(circuit, 3);
  await clock.advance(10_000);
  await fail(circuit, 3);
  expect(circuit.state).toBe('closed');
  await fail(circuit, 1);
  expect(circuit.state).toBe('open');
});

test('a provider that declines (4xx) is well: a thousand refusals do not open the circuit', async () => {
  const circuit = breaker(new FakeClock());
  for (let i = 0; i < 1_000; i++) await circuit.run(refuse).catch(() => undefined);
  expect(circuit.stats()).toMatchObject({ state: 'closed', successes: 1_000, failures: 0 });
});

test('half-open lets exactly one of twenty concurrent calls through', async () => {
  const clock = new FakeClock();
  const circuit = breaker(clock);
  await fail(circuit, 4);
  await clock.advance(5_000);
  expect(circuit.state).toBe('half-open');
  const { promise, resolve } = Promise.withResolvers<string>();
  let ran = 0;
  const calls = Array.from({ length: 20 }, () =>
    circuit.run(() => {
      ran++;
      return promise;
    }),
  );
  const settled = Promise.allSettled(calls);
  await settle();
  expect(ran).toBe(1);
  resolve('up');
  const results = await settled;
  expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  expect(results.filter((one) => one.status === 'rejected' && one.reason instanceof CircuitOpen)).toHaveLength(19);
  expect(circuit.state).toBe('closed');
});

test('a failed trial opens it again for the whole time', async () => {
  const clock = new FakeClock();
  const circuit = breaker(clock);
  await fail(circuit, 4);
  await clock.advance(5_000);
  await fail(circuit, 1);
  await clock.advance(4_999);
  await expect(circuit.run(up)).rejects.toBeInstanceOf(CircuitOpen);
  await clock.advance(1);
  expect(await circuit.run(up)).toBe('up');
  expect(circuit.state).toBe('closed');
});

test('a circuit that has just closed does not count the failures from before it opened', async () => {
  const clock = new FakeClock();
  const circuit = breaker(clock);
  await fail(circuit, 4);
  await clock.advance(5_000);
  await circuit.run(up);
  await fail(circuit, 2);
  expect(circuit.state).toBe('closed');
  await fail(circuit, 1);
  expect(circuit.state).toBe('open');
});

test('a call that its caller gave up is counted as that and as nothing else', async () => {
  const circuit = breaker(new FakeClock());
  await circuit.run(() => Promise.reject(new UnknownOutcome('cancelled'))).catch(() => undefined);
  await circuit.run(up);
  expect(circuit.stats()).toEqual({ state: 'closed', successes: 1, failures: 0, rejected: 0, cancelled: 1 });
});

test('a refusal as the trial closes it: the provider answers again', async () => {
  const clock = new FakeClock();
  const circuit = breaker(clock);
  await fail(circuit, 4);
  await clock.advance(5_000);
  await circuit.run(refuse).catch(() => undefined);
  expect(circuit.state).toBe('closed');
});

test('a trial that its caller gave up decides nothing: the next call is the trial', async () => {
  const clock = new FakeClock();
  const circuit = breaker(clock);
  await fail(circuit, 4);
  await clock.advance(5_000);
  await circuit.run(() => Promise.reject(new UnknownOutcome('cancelled'))).catch(() => undefined);
  expect(circuit.state).toBe('half-open');
  expect(await circuit.run(up)).toBe('up');
  expect(circuit.state).toBe('closed');
});

test('a late answer to a call from before it opened neither closes nor reopens it', async () => {
  const clock = new FakeClock();
  const circuit = breaker(clock);
  const lateSuccess = Promise.withResolvers<string>();
  const lateFailure = Promise.withResolvers<string>();
  const early = [circuit.run(() => lateSuccess.promise), circuit.run(() => lateFailure.promise)];
  const settled = Promise.allSettled(early);
  await fail(circuit, 8);
  expect(circuit.state).toBe('open');
  await clock.advance(5_000);
  const trial = Promise.withResolvers<string>();
  const tried = circuit.run(() => trial.promise);
  lateSuccess.resolve('old');
  await settle();
  expect(circuit.stats().state).toBe('half-open');
  lateFailure.reject(new UnknownOutcome('connection_lost'));
  await settled;
  expect(circuit.stats().state).toBe('half-open');
  trial.resolve('up');
  await tried;
  expect(circuit.state).toBe('closed');
});

test('a trial that never ends does not lock the circuit for ever', async () => {
  const clock = new FakeClock();
  const circuit = breaker(clock);
  await fail(circuit, 4);
  await clock.advance(5_000);
  const overdue = Promise.withResolvers<string>();
  const first = circuit.run(() => overdue.promise);
  await expect(circuit.run(up)).rejects.toBeInstanceOf(CircuitOpen);
  await clock.advance(5_000);
  const trial = Promise.withResolvers<string>();
  const second = circuit.run(() => trial.promise);
  overdue.resolve('too late to decide');
  await first;
  expect(circuit.state).toBe('half-open');
  trial.resolve('up');
  await second;
  expect(circuit.state).toBe('closed');
});

test('state and counters are published, and no timer is left', async () => {
  const recorded = recordEvents();
  const clock = new FakeClock();
  const circuit = breaker(clock);
  await fail(circuit, 4);
  await circuit.run(up).catch(() => undefined);
  await clock.advance(5_000);
  await circuit.run(up);
  recorded.stop();
  const states = recorded.events.filter((event) => event.type === 'breaker_state');
  expect(states).toEqual([
    { type: 'breaker_state', name: 'provider', from: 'closed', state: 'open' },
    { type: 'breaker_state', name: 'provider', from: 'open', state: 'half-open' },
    { type: 'breaker_state', name: 'provider', from: 'half-open', state: 'closed' },
  ]);
  const results = recorded.events.flatMap((event) => (event.type === 'breaker_call' ? [event.result] : []));
  expect(results).toEqual(['failure', 'failure', 'failure', 'failure', 'rejected', 'success']);
  expect(circuit.stats()).toEqual({ state: 'closed', successes: 1, failures: 4, rejected: 1, cancelled: 0 });
  expect(clock.pending).toBe(0);
});
