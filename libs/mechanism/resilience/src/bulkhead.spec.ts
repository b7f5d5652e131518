import fc from 'fast-check';
import { Budget } from './budget';
import { Bulkhead } from './bulkhead';
import { BudgetSpent, BulkheadFull } from './errors';
import { FakeClock, recordEvents, settle } from './testing';

function hanging(): { call: () => Promise<string>; finish: (answer?: string) => void; started: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<string>();
  let started = false;
  return {
    call: () => {
      started = true;
      return promise;
    },
    finish: (answer = 'done') => resolve(answer),
    started: () => started,
  };
}

test('calls beyond the bulkhead wait in a row, and those beyond the row are refused at once', async () => {
  const recorded = recordEvents();
  const bulkhead = new Bulkhead('payments', { maxInFlight: 1, maxQueue: 1 }, new FakeClock());
  const first = hanging();
  const second = hanging();
  const answers = [bulkhead.run(first.call), bulkhead.run(second.call)];
  await expect(bulkhead.run(hanging().call)).rejects.toBeInstanceOf(BulkheadFull);
  expect([bulkhead.inFlight, bulkhead.queued, second.started()]).toEqual([1, 1, false]);
  first.finish();
  await settle();
  expect([bulkhead.inFlight, bulkhead.queued, second.started()]).toEqual([1, 0, true]);
  second.finish();
  expect(await Promise.all(answers)).toEqual(['done', 'done']);
  expect(bulkhead.inFlight).toBe(0);
  recorded.stop();
  expect(recorded.events).toEqual([{ type: 'bulkhead_full', name: 'payments', reason: 'queue' }]);
});

test('nobody waits longer than the bulkhead allows', async () => {
  const clock = new FakeClock();
  const bulkhead = new Bulkhead('payments', { maxInFlight: 1, maxQueue: 5, maxWaitMs: 50 }, clock);
  const holder = hanging();
  void bulkhead.run(holder.call);
  const late = expect(bulkhead.run(hanging().call)).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 1_000 });
  await clock.advance(50);
  await late;
  expect(bulkhead.queued).toBe(0);
});

test('nobody waits longer than the budget, nor for a caller who is gone', async () => {
  const clock = new FakeClock();
  const bulkhead = new Bulkhead('payments', { maxInFlight: 1, maxQueue: 5, maxWaitMs: 50 }, clock);
  void bulkhead.run(hanging().call);
  const caller = new AbortController();
  const short = expect(bulkhead.run(hanging().call, Budget.ofMs(20, { clock }))).rejects.toBeInstanceOf(BudgetSpent);
  const gone = expect(
    bulkhead.run(hanging().call, Budget.ofMs(900, { clock, caller: caller.signal })),
  ).rejects.toBeInstanceOf(BudgetSpent);
  caller.abort();
  await gone;
  await clock.advance(20);
  await short;
  expect([bulkhead.queued, clock.pending]).toEqual([0, 0]);
});

test('a call that throws gives its place back', async () => {
  const bulkhead = new Bulkhead('payments', { maxInFlight: 1 }, new FakeClock());
  await expect(bulkhead.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(bulkhead.inFlight).toBe(0);
});

test('in any order of events no more run or wait than allowed, and no place is lost', async () => {
  const step = fc.constantFrom('arrive', 'finish', 'wait');
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), fc.nat(3), run), {
    numRuns: 50,
  });

  async function run(steps: string[], maxInFlight: number, maxQueue: number): Promise<void> {
    const clock = new FakeClock();
    const bulkhead = new Bulkhead('payments', { maxInFlight, maxQueue, maxWaitMs: 30 }, clock);
    const calls: ReturnType<typeof hanging>[] = [];
    let running = 0;
    const arrive = (): void => {
      const held = hanging();
      calls.push(held);
      const call = (): Promise<string> => {
        running++;
        return held.call().finally(() => running--);
      };
      bulkhead.run(call).catch(() => undefined);
    };
    const actions: Record<string, () => unknown> = {
      arrive,
      finish: () => calls.find((call) => call.started())?.finish(),
      wait: () => clock.advance(20),
    };
    for (const one of steps) {
      await actions[one]?.();
      await settle();
      expect(running).toBeLessThanOrEqual(maxInFlight);
      expect(bulkhead.inFlight).toBe(running);
      expect(bulkhead.queued).toBeLessThanOrEqual(maxQueue);
    }
    calls.forEach((call) => call.finish());
    await clock.advance(60);
    expect([running, bulkhead.inFlight, bulkhead.queued, clock.pending]).toEqual([0, 0, 0, 0]);
  }
});
