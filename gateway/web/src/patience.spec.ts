import { ShopProblem, Unreachable, retryAfterMs } from './http';
import { mayPass, untilAnswered, waitMsAfter } from './patience';

test('a wait is never shorter than the shop asked for, and a crowd told the same does not return as one', () => {
  const busy = new ShopProblem(503, 'overloaded', '', 2_000);
  expect(waitMsAfter(busy, 0, 0)).toBe(2_000);
  expect(waitMsAfter(busy, 7, 0.999)).toBeGreaterThan(2_400);
});

test('without advice the waits grow, and stop growing at a quarter of a minute', () => {
  const lost = new Unreachable();
  expect(waitMsAfter(lost, 0, 1)).toBe(600);
  expect(waitMsAfter(lost, 3, 1)).toBe(4_800);
  expect(waitMsAfter(lost, 30, 1)).toBe(15_000);
  expect(waitMsAfter(lost, 30, 0)).toBe(7_500);
});

test('only what may pass is asked again', () => {
  const passing = [
    new Unreachable(),
    new ShopProblem(429, 'rate_limited', ''),
    new ShopProblem(503, 'unavailable', ''),
  ];
  expect(passing.every(mayPass)).toBe(true);
  expect(mayPass(new ShopProblem(409, 'idempotency_in_flight', ''))).toBe(true);
  expect(mayPass(new ShopProblem(409, 'sold_out', ''))).toBe(false);
  expect(mayPass(new ShopProblem(401, 'unauthenticated', ''))).toBe(false);
  expect(mayPass(new TypeError('a bug of this page'))).toBe(false);
});

test('Retry-After is read as seconds and as a date', () => {
  expect(retryAfterMs('3')).toBe(3_000);
  expect(retryAfterMs(new Date(Date.now() - 60_000).toUTCString())).toBe(0);
  expect(retryAfterMs('soon')).toBeUndefined();
  expect(retryAfterMs(null)).toBeUndefined();
});

test('a final answer ends the asking', async () => {
  let calls = 0;
  const run = () => {
    calls += 1;
    return Promise.reject(new ShopProblem(409, 'sold_out', ''));
  };
  const asking = untilAnswered(run, { signal: new AbortController().signal, onWait: () => undefined });
  await expect(asking).rejects.toMatchObject({ code: 'sold_out' });
  expect(calls).toBe(1);
});
