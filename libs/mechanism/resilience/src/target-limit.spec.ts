import type { Permit } from './adaptive-limit';
import { TargetLimit } from './target-limit';
import { FakeClock, recordEvents } from './testing';

let clock: FakeClock;
let limit: TargetLimit;
beforeEach(() => {
  clock = new FakeClock();
  limit = new TargetLimit(
    'gateway',
    { targetMs: 75, start: 10, floor: 2, windowMs: 100, calmMs: 1_000, patienceMs: 750 },
    clock,
  );
});

/** A window in which as many requests as may are served, each in `tookMs`. */
async function window(tookMs: number, pressed = true): Promise<void> {
  const places = Array.from({ length: Math.min(limit.limit, 50) }, () => limit.enter());
  await clock.advance(tookMs);
  for (const place of places) place.release();
  await clock.advance(Math.max(0, 100 - tookMs));
  limit.look(pressed);
}

test('a shop that is not pressed refuses nobody, however slow its peers are', async () => {
  await window(100, false);
  await window(100, false);
  expect([limit.limit, limit.full]).toEqual([Infinity, false]);
});

test('under pressure as many are let in as are answered in time', async () => {
  limit.look(true);
  expect(limit.limit).toBe(10);
  await window(90);
  expect(limit.limit).toBe(8);
  await window(90);
  expect(limit.limit).toBe(6);
  await window(60);
  expect(limit.limit).toBe(7);
  for (let slow = 0; slow < 20; slow++) await window(90);
  expect(limit.limit).toBe(2);
});

test('requests that nobody answers are the slowest of all', async () => {
  limit.look(true);
  for (let request = 0; request < 10; request++) limit.enter();
  expect(limit.full).toBe(true);
  await clock.advance(100);
  limit.look(true);
  expect([limit.limit, limit.full]).toEqual([8, true]);
});

test('a few slow requests are not slow because they are many', async () => {
  limit.look(true);
  const places = [limit.enter(), limit.enter(), limit.enter()];
  await clock.advance(100);
  for (const place of places) place.release();
  limit.look(true);
  expect(limit.limit).toBe(10);
});

test('a limit that is not used does not grow', async () => {
  limit.look(true);
  const place = limit.enter();
  await clock.advance(10);
  place.release();
  await clock.advance(90);
  limit.look(true);
  expect(limit.limit).toBe(10);
});

test('what says nothing about load is not looked at', async () => {
  limit.look(true);
  const place = limit.enter();
  await clock.advance(90);
  place.release('ignored');
  const quick = limit.enter();
  await clock.advance(10);
  quick.release();
  limit.look(true);
  expect([limit.limit, limit.inFlight]).toEqual([10, 0]);
});

test('after a second without pressure everybody is let in again, and that is told', async () => {
  const recorded = recordEvents();
  limit.look(true);
  await clock.advance(990);
  limit.look(false);
  expect(limit.limit).toBe(10);
  await clock.advance(10);
  limit.look(false);
  recorded.stop();
  expect(limit.limit).toBe(Infinity);
  expect(recorded.events).toEqual([
    { type: 'limit', name: 'gateway', limit: 10 },
    { type: 'limit', name: 'gateway', limit: Infinity },
  ]);
});

test('whoever waits is let in in turn, before anybody who comes later, and not for longer than agreed', async () => {
  limit.look(true);
  const places = Array.from({ length: 10 }, () => limit.enter());
  const told: string[] = [];
  const wait = (name: string, atMostMs: number) =>
    limit.next(atMostMs).then((place) => told.push(`${name} ${place === undefined ? 'gave up' : 'is in'}`));
  void wait('first', 500);
  void wait('second', 100);
  void wait('third', 500);
  await clock.advance(100);
  places.pop()?.release();
  await clock.advance(0);
  expect([limit.full, limit.waiting, limit.inFlight]).toEqual([true, 1, 10]);
  places.pop()?.release();
  await clock.advance(0);
  expect(told).toEqual(['second gave up', 'first is in', 'third is in']);
  expect(clock.pending).toBe(0);
});

test('a limit that is reached is kept, and a limit that is lifted lets in all who wait', async () => {
  limit.look(true);
  const places = Array.from({ length: 10 }, () => limit.enter());
  const waiting = [limit.next(10_000), limit.next(10_000)];
  for (let window = 0; window < 20; window++) {
    await clock.advance(100);
    places.shift()?.release(); // whoever waits comes in, and the next one waits
    places.push((await waiting.shift()) as Permit);
    waiting.push(limit.next(10_000));
    limit.look(false);
    expect(limit.limit).toBe(10);
  }
  for (const place of places) place.release();
  for (const place of await Promise.all(waiting)) place?.release();
  expect(limit.inFlight).toBe(0);
  for (let window = 0; window < 11; window++) {
    await clock.advance(100);
    limit.look(false);
  }
  expect(limit.limit).toBe(Infinity);
});

test('after a moment of pressure, calls that wait for a slow peer do not keep everybody else out', async () => {
  limit.look(true);
  const slow = Array.from({ length: 10 }, () => limit.enter());
  for (let window = 0; window < 7; window++) {
    await clock.advance(100);
    limit.look(false);
    expect([limit.limit, limit.full]).toEqual([10, true]);
  }
  await clock.advance(100);
  limit.look(false);
  expect([limit.inFlight, limit.full]).toEqual([0, false]);
  for (const place of slow) place.release();
  expect(limit.inFlight).toBe(0);
});

test('under pressure whoever waits for long keeps the place: there is no telling what for', async () => {
  limit.look(true);
  const places = Array.from({ length: 10 }, () => limit.enter());
  for (let window = 0; window < 20; window++) {
    await clock.advance(100);
    limit.look(true);
  }
  expect([limit.inFlight, limit.limit]).toEqual([10, 2]);
  for (const place of places) place.release();
});
