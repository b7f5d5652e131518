import fc from 'fast-check';
import { Budget } from './budget';
import { UnknownOutcome } from './errors';
import { fullJitterMs, retry, type RetryCall, type RetryOptions } from './retry';
import { RetryBudget } from './retry-budget';
import { FakeClock, recordEvents } from './testing';

const answer = (status: number, more: object = {}): Error => Object.assign(new Error(`${status}`), { status, ...more });
const broken = (code: string): Error => Object.assign(new Error(code), { code });

interface Told {
  readonly value?: string;
  readonly error?: unknown;
  readonly attempts: number;
  readonly tookMs: number;
}

/** Runs the script: each attempt takes the next entry, an error is thrown, a string answered. */
async function told(
  script: (Error | string)[],
  call: Partial<RetryCall> = {},
  options: RetryOptions = {},
): Promise<Told> {
  const clock = (call.clock as FakeClock | undefined) ?? new FakeClock();
  let attempts = 0;
  let end: Told | undefined;
  const run = async (): Promise<string> => {
    const next = script[attempts++];
    if (next instanceof Error) throw next;
    return next ?? 'none';
  };
  const outcome = retry(run, options, { name: 'peer', idempotent: true, clock, random: () => 0.5, ...call }).then(
    (value) => (end = { value, attempts, tookMs: clock.now() }),
    (error: unknown) => (end = { error, attempts, tookMs: clock.now() }),
  );
  while (!end) await clock.advance(1);
  await outcome;
  return end;
}

test('a keyed request whose reply was lost is repeated and answered', async () => {
  expect(await told([broken('ECONNRESET'), 'captured'])).toMatchObject({ value: 'captured', attempts: 2 });
});

test('without a key a lost reply is never repeated: its outcome is unknown', async () => {
  const { error, attempts } = await told([broken('ECONNRESET'), 'captured'], { idempotent: false });
  expect(attempts).toBe(1);
  expect(error).toBeInstanceOf(UnknownOutcome);
});

test('what was not sent is repeated with or without a key', async () => {
  expect(await told([broken('ECONNREFUSED'), 'ok'], { idempotent: false })).toMatchObject({ value: 'ok', attempts: 2 });
});

test('a bare 503 without a key is not repeated, one that asks to come back is', async () => {
  expect(await told([answer(503), 'ok'], { idempotent: false })).toMatchObject({ attempts: 1 });
  expect(await told([answer(503, { retryAfterMs: 10 }), 'ok'], { idempotent: false })).toMatchObject({ value: 'ok' });
});

test.each([400, 404, 409, 422, 500])('an answer of %i is final', async (status) => {
  expect(await told([answer(status), 'ok'])).toMatchObject({ attempts: 1, error: { status } });
});

test('Retry-After is waited for, with jitter after it and not before', async () => {
  const { tookMs, attempts } = await told([answer(503, { retryAfterMs: 300 }), 'ok']);
  expect([attempts, tookMs]).toEqual([2, 325]);
});

test('Retry-After of one replica is not waited for by who asks another, and that of the service is', async () => {
  const elsewhere = () => true;
  const tookMs = async (error: Error) => (await told([error, 'ok'], { elsewhere })).tookMs;
  expect(await tookMs(answer(503, { retryAfterMs: 300 }))).toBe(25);
  expect(await tookMs(answer(429, { retryAfterMs: 300 }))).toBe(325);
});

test('nothing is repeated when the wait would outlast the budget: the caller hears at once', async () => {
  const clock = new FakeClock();
  const budget = Budget.ofMs(200, { clock });
  const recorded = recordEvents();
  const end = await told([answer(503, { retryAfterMs: 300 }), 'ok'], { clock, budget });
  recorded.stop();
  expect(end).toMatchObject({ attempts: 1, tookMs: 0, error: { status: 503 } });
  expect(recorded.events).toEqual([{ type: 'retry_denied', name: 'peer', reason: 'time' }]);
});

test('a caller who goes away during a backoff ends it', async () => {
  const clock = new FakeClock();
  const caller = new AbortController();
  const budget = Budget.ofMs(10_000, { clock, caller: caller.signal });
  clock.after(3, () => caller.abort());
  const end = await told([answer(503, { retryAfterMs: 300 }), 'ok'], { clock, budget });
  expect(end).toMatchObject({ attempts: 1, tookMs: 3, error: { status: 503 } });
  expect(clock.pending).toBe(0);
});

test('three attempts and no more', async () => {
  const recorded = recordEvents();
  const end = await told([answer(503), answer(503), answer(503), 'ok']);
  recorded.stop();
  expect(end).toMatchObject({ attempts: 3, error: { status: 503 } });
  expect(recorded.events.map((event) => event.type)).toEqual(['retry', 'retry', 'retry_denied']);
});

test('a refused connection after a lost reply does not mean that nothing was done', async () => {
  const { error } = await told([broken('ECONNRESET'), broken('ECONNREFUSED'), broken('ECONNREFUSED')]);
  expect(error).toBeInstanceOf(UnknownOutcome);
  expect(error).toMatchObject({ reason: 'connection_lost', cause: { code: 'ECONNREFUSED' } });
});

test('an answer of the domain after a lost reply is the answer', async () => {
  expect(await told([broken('ECONNRESET'), answer(409, { code: 'hold_expired' })])).toMatchObject({
    error: { code: 'hold_expired' },
  });
});

test('a key that is still in flight after a lost reply is asked again', async () => {
  const inFlight = answer(409, { code: 'idempotency_in_flight', retryAfterMs: 100 });
  expect(await told([broken('ECONNRESET'), inFlight, 'ok'])).toMatchObject({ value: 'ok', attempts: 3 });
  expect((await told([broken('ECONNRESET'), inFlight, inFlight])).error).toBeInstanceOf(UnknownOutcome);
});

test('when everything fails the load grows by a fifth and not threefold', async () => {
  const clock = new FakeClock();
  const retryBudget = new RetryBudget({ ratio: 0.2, floorPerSecond: 0 }, clock);
  let attempts = 0;
  for (let i = 0; i < 500; i++) {
    retryBudget.request();
    attempts += (await told([answer(503), answer(503), answer(503)], { clock, retryBudget }, { baseMs: 0 })).attempts;
  }
  expect(attempts).toBe(600);
});

test('backoff is anywhere between nothing and a cap that doubles up to its own cap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (n, random) => {
      const delayMs = fullJitterMs(n, { baseMs: 50, capMs: 1_000 }, () => random);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThan(Math.min(1_000, 50 * 2 ** (n - 1)) + 1e-9);
    }),
  );
});

test('an outcome that was ever unknown is never told as failed', async () => {
  const failure = fc.constantFrom(
    ...['ECONNRESET', 'ECONNREFUSED', 'UND_ERR_SOCKET'].map(broken),
    ...[429, 500, 502, 503, 504].map((status) => answer(status)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(failure, { minLength: 3, maxLength: 3 }), fc.boolean(), async (script, idempotent) => {
      const { error, attempts } = await told(script, { idempotent }, { baseMs: 0 });
      const codes = script.slice(0, attempts).map((one) => one.message);
      const lost = codes.some((code) => ['ECONNRESET', 'UND_ERR_SOCKET', '502', '504'].includes(code));
      expect(error instanceof UnknownOutcome).toBe(lost);
    }),
    { numRuns: 200 },
  );
});
