import { UnknownOutcome } from './errors';
import { Hedge, type Running } from './hedge';
import { RetryBudget } from './retry-budget';
import { FakeClock, recordEvents } from './testing';

/** Attempts that end as scripted: after `ms`, with an answer or an error; `cancelled` names those called off. */
function peer(clock: FakeClock, script: [ms: number, end: string | Error][]) {
  const cancelled: number[] = [];
  let started = 0;
  const start = (): Running<string> => {
    const [ms, end] = script[started] ?? [0, 'none'];
    const index = started++;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const stop = clock.after(ms, () => (end instanceof Error ? reject(end) : resolve(end)));
    const cancel = (reason: unknown): void => {
      cancelled.push(index);
      stop();
      reject(reason);
    };
    return { result: promise, cancel };
  };
  return { start, cancelled, started: () => started };
}

/** A hedge that has seen a hundred answers of 100 to 1 ms, the slow ones first so that none of them is hedged. */
async function trained(clock: FakeClock, retryBudget?: RetryBudget): Promise<Hedge> {
  const hedge = new Hedge('catalog', {}, retryBudget, clock);
  for (let ms = 100; ms >= 1; ms--) {
    const answer = hedge.run(peer(clock, [[ms, 'ok']]).start);
    await clock.advance(ms);
    await answer;
  }
  return hedge;
}

test('nothing is hedged before enough answers were seen', async () => {
  const clock = new FakeClock();
  const hedge = new Hedge('catalog', {}, undefined, clock);
  const slow = peer(clock, [[10_000, 'late']]);
  const answer = hedge.run(slow.start);
  await clock.advance(10_000);
  expect([await answer, slow.started(), hedge.delayMs]).toEqual(['late', 1, undefined]);
});

test('a read slower than 95 of the last 100 is sent a second time, and the first answer counts', async () => {
  const recorded = recordEvents();
  const clock = new FakeClock();
  const hedge = await trained(clock);
  expect(hedge.delayMs).toBe(95);
  const slow = peer(clock, [
    [5_000, 'late'],
    [20, 'quick'],
  ]);
  const answer = hedge.run(slow.start);
  await clock.advance(94);
  expect(slow.started()).toBe(1);
  await clock.advance(21);
  expect(await answer).toBe('quick');
  expect([slow.started(), slow.cancelled]).toEqual([2, [0]]);
  recorded.stop();
  expect(recorded.events.map((event) => event.type)).toEqual(['hedge', 'hedge_won']);
  expect(clock.pending).toBe(0);
});

test('when the first answers after all, the second is called off', async () => {
  const clock = new FakeClock();
  const hedge = await trained(clock);
  const slow = peer(clock, [
    [100, 'first'],
    [900, 'second'],
  ]);
  const answer = hedge.run(slow.start);
  await clock.advance(100);
  expect([await answer, slow.cancelled]).toEqual(['first', [1]]);
});

test('a quick read is sent once', async () => {
  const clock = new FakeClock();
  const hedge = await trained(clock);
  const quick = peer(clock, [[10, 'ok']]);
  const answer = hedge.run(quick.start);
  await clock.advance(1_000);
  expect([await answer, quick.started(), clock.pending]).toEqual(['ok', 1, 0]);
});

test('one failed attempt waits for the other; two failures are one', async () => {
  const clock = new FakeClock();
  const hedge = await trained(clock);
  const half = hedge.run(
    peer(clock, [
      [100, new Error('reset')],
      [50, 'second'],
    ]).start,
  );
  await clock.advance(200);
  expect(await half).toBe('second');
  const none = hedge.run(
    peer(clock, [
      [100, new Error('first')],
      [50, new Error('second')],
    ]).start,
  );
  const rejected = expect(none).rejects.toThrow('second');
  await clock.advance(200);
  await rejected;
});

test('a refusal is an answer: it does not wait for the other', async () => {
  const clock = new FakeClock();
  const hedge = await trained(clock);
  const missing = peer(clock, [
    [100, Object.assign(new Error('not here'), { status: 404 })],
    [900, 'never'],
  ]);
  const rejected = expect(hedge.run(missing.start)).rejects.toMatchObject({ status: 404 });
  await clock.advance(100);
  await rejected;
  expect(missing.cancelled).toEqual([1]);
});

test('without leave of the retry budget a slow read stays alone', async () => {
  const clock = new FakeClock();
  const hedge = await trained(clock, new RetryBudget({ floorPerSecond: 0 }, clock));
  const slow = peer(clock, [[500, 'late']]);
  const answer = hedge.run(slow.start);
  await clock.advance(500);
  expect([await answer, slow.started()]).toEqual(['late', 1]);
});

test('the attempt called off is told that nobody waits, not that it failed', async () => {
  const clock = new FakeClock();
  const hedge = await trained(clock);
  const reasons: unknown[] = [];
  let count = 0;
  const start = (): Running<string> => {
    const { promise, resolve } = Promise.withResolvers<string>();
    if (count++ === 1) resolve('quick');
    return { result: promise, cancel: (reason) => reasons.push(reason) };
  };
  const answer = hedge.run(start);
  await clock.advance(95);
  expect(await answer).toBe('quick');
  expect(reasons).toEqual([new UnknownOutcome('cancelled')]);
});
