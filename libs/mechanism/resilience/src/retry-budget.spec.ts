import fc from 'fast-check';
import { FakeClock } from './testing';
import { RetryBudget } from './retry-budget';

test('retries are a fifth of the requests, exactly', () => {
  const budget = new RetryBudget({ ratio: 0.2, floorPerSecond: 0 }, new FakeClock());
  let granted = 0;
  for (let i = 0; i < 50; i++) {
    budget.request();
    if (budget.tryRetry()) granted++;
  }
  expect(granted).toBe(10);
});

test('a quiet dependency still has its floor', async () => {
  const clock = new FakeClock();
  const budget = new RetryBudget({ ratio: 0.2, floorPerSecond: 2 }, clock);
  expect([budget.tryRetry(), budget.tryRetry(), budget.tryRetry()]).toEqual([true, true, false]);
  await clock.advance(500);
  expect([budget.tryRetry(), budget.tryRetry()]).toEqual([true, false]);
});

test('a quiet hour does not save up its floor', async () => {
  const clock = new FakeClock();
  const budget = new RetryBudget({ floorPerSecond: 2 }, clock);
  await clock.advance(3_600_000);
  expect([budget.tryRetry(), budget.tryRetry(), budget.tryRetry()]).toEqual([true, true, false]);
});

test('a calm hour does not save up a storm', () => {
  const budget = new RetryBudget({ floorPerSecond: 0 }, new FakeClock());
  for (let i = 0; i < 100_000; i++) budget.request();
  let granted = 0;
  while (budget.tryRetry()) granted++;
  expect(granted).toBe(100);
});

test('under any history retries stay within ratio of the requests plus the floor', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant('request' as const) },
    { weight: 4, arbitrary: fc.constant('retry' as const) },
    { weight: 1, arbitrary: fc.nat(3_000) },
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(5),
      (steps, ratio, floorPerSecond) => {
        let nowMs = 0;
        const budget = new RetryBudget({ ratio, floorPerSecond }, { now: () => nowMs, after: () => () => undefined });
        let requests = 0;
        let retries = 0;
        for (const one of steps) {
          if (one === 'retry') retries += budget.tryRetry() ? 1 : 0;
          else if (one !== 'request') nowMs += one;
          else {
            requests++;
            budget.request();
          }
          const allowed = ratio * requests + floorPerSecond * (nowMs / 1_000 + 1);
          expect(retries).toBeLessThanOrEqual(allowed + 1e-6);
        }
      },
    ),
  );
});
