import fc from 'fast-check';
import { AdaptiveLimit, nextLimit } from './adaptive-limit';
import { FakeClock, recordEvents } from './testing';

test('the limit grows by the queue while answers are as quick as the best', () => {
  expect(nextLimit(100, 10, 10, 4)).toBe(104);
  expect(nextLimit(100, 20, 10, 4)).toBe(104); // twice the best is not yet a queue
});

test('it falls by a fifth of what the gradient asks when answers take four times as long', () => {
  expect(nextLimit(100, 40, 10, 4)).toBeCloseTo(100 * 0.8 + (100 * 0.5 + 4) * 0.2, 9);
});

test('an outlier cannot take more than a tenth', () => {
  expect(nextLimit(100, 1e9, 1, 4)).toBeCloseTo(90.8, 9);
});

test.each([0, -1, NaN])('an empty window (%p ms) is refused', (rttMs) => {
  expect(() => nextLimit(100, rttMs, 1, 4)).toThrow(RangeError);
});

test('the next limit is never below the floor and never grows by more than the queue', () => {
  const time = fc.double({ min: 0.001, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e4, noNaN: true }), time, time, fc.integer({ min: 1, max: 50 }), check),
  );
  function check(current: number, rttMs: number, rttMinMs: number, floor: number): void {
    const limit = nextLimit(Math.max(current, floor), rttMs, rttMinMs, floor);
    expect(limit).toBeGreaterThanOrEqual(floor);
    expect(limit).toBeLessThanOrEqual(Math.max(current, floor) + 4);
  }
});

const OPTIONS = { initial: 20, floor: 4, ceiling: 40, windowMs: 100, probeEveryWindows: 1_000 };

/** One window with `count` requests at once, each taking `tookMs`. */
async function window(limit: AdaptiveLimit, clock: FakeClock, count: number, tookMs: number): Promise<void> {
  const permits = Array.from({ length: count }, () => limit.enter());
  await clock.advance(tookMs);
  for (const permit of permits.slice(1)) permit.release();
  await clock.advance(100 - tookMs);
  permits[0]?.release('ignored');
}

test('a service that answers quickly is given more, up to the ceiling', async () => {
  const clock = new FakeClock();
  const limit = new AdaptiveLimit('orders', OPTIONS, clock, () => 0);
  await window(limit, clock, 20, 10);
  expect(limit.limit).toBe(24);
  for (let i = 0; i < 20; i++) await window(limit, clock, limit.limit, 10);
  expect(limit.limit).toBe(40);
});

test('a limit that is not used does not grow', async () => {
  const clock = new FakeClock();
  const limit = new AdaptiveLimit('orders', OPTIONS, clock, () => 0);
  for (let i = 0; i < 20; i++) await window(limit, clock, 5, 10);
  expect(limit.limit).toBe(20);
});

test('a service that slows down is given less, and says so', async () => {
  const recorded = recordEvents();
  const clock = new FakeClock();
  const limit = new AdaptiveLimit('orders', OPTIONS, clock, () => 0);
  await window(limit, clock, 20, 10);
  for (let i = 0; i < 30; i++) await window(limit, clock, limit.limit, 90);
  recorded.stop();
  expect(limit.limit).toBeLessThan(10);
  expect(recorded.events.at(-1)).toEqual({ type: 'limit', name: 'orders', limit: limit.limit });
});

test('a dropped request takes a tenth at the end of its window', async () => {
  const clock = new FakeClock();
  const limit = new AdaptiveLimit('orders', OPTIONS, clock, () => 0);
  const permit = limit.enter();
  await clock.advance(100);
  permit.release('dropped');
  expect(limit.limit).toBe(18);
});

test('a probe halves the limit for one window and learns what the work takes today', async () => {
  const clock = new FakeClock();
  const limit = new AdaptiveLimit('orders', { ...OPTIONS, probeEveryWindows: 3 }, clock, () => 0);
  await window(limit, clock, 20, 10);
  await window(limit, clock, 24, 10);
  expect(limit.limit).toBe(28);
  await window(limit, clock, 28, 30);
  expect(limit.limit).toBe(14);
  await window(limit, clock, 14, 30); // the work itself has become three times as long
  expect(limit.limit).toBe(28);
  await window(limit, clock, 28, 30);
  expect(limit.limit).toBe(32);
});

test('under any load the limit stays between floor and ceiling and no place is lost', () => {
  const request = fc.record({
    waitMs: fc.nat(200),
    kind: fc.constantFrom('answered' as const, 'dropped' as const, 'ignored' as const),
    enter: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(request, { maxLength: 200 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (load, random) => {
        let nowMs = 0;
        const clock = { now: () => nowMs, after: () => () => undefined };
        const limit = new AdaptiveLimit('orders', { ...OPTIONS, probeEveryWindows: 5 }, clock, () => random);
        const held: ReturnType<AdaptiveLimit['enter']>[] = [];
        for (const { waitMs, kind, enter } of load) {
          nowMs += waitMs;
          if (enter) held.push(limit.enter());
          else held.shift()?.release(kind);
          expect(limit.inFlight).toBe(held.length);
          expect(limit.limit).toBeGreaterThanOrEqual(4);
          expect(limit.limit).toBeLessThanOrEqual(40);
        }
      },
    ),
  );
});
