import { backoffMs } from './backoff';

const backoff = { firstMs: 100, longestMs: 1_000 };
const longest = () => 0.999_999;
const shortest = () => 0;

test('waits double with each attempt, up to the longest', () => {
  const waits = [1, 2, 3, 4, 5, 1_000].map((attempts) => Math.round(backoffMs(backoff, attempts, null, longest)));
  expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test('jitter takes off up to half', () => {
  expect(backoffMs(backoff, 2, null, shortest)).toBe(100);
});

test('a call that says when to come back is not called earlier, but never later than the longest', () => {
  expect(backoffMs(backoff, 1, { retryAfterMs: 700 }, longest)).toBe(700);
  expect(backoffMs(backoff, 1, { retryAfterMs: 60_000 }, longest)).toBe(1_000);
  expect(backoffMs(backoff, 1, new Error('no hint'), longest)).toBeCloseTo(100, 3);
});
