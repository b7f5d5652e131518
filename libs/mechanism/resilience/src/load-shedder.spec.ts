import fc from 'fast-check';
import { AdaptiveLimit } from './adaptive-limit';
import { Overloaded } from './errors';
import { LoadShedder, LoopDelay, type Priority } from './load-shedder';
import { FakeClock, recordEvents } from './testing';

const CLASSES: Priority[] = ['critical', 'normal', 'background'];

function admits(shedder: LoadShedder, priority: Priority): boolean {
  try {
    shedder.admit(priority).release();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(Overloaded);
    return false;
  }
}

test('a filling shop sheds background work first and checkouts last', () => {
  const shedder = new LoadShedder('gateway', { limit: 10 }, new FakeClock());
  const admittedAt = Array.from({ length: 11 }, () => {
    const admitted = CLASSES.filter((priority) => admits(shedder, priority)).length;
    if (shedder.inFlight < 10) shedder.admit('critical');
    return admitted;
  });
  expect(admittedAt).toEqual([3, 3, 3, 3, 3, 2, 2, 2, 1, 1, 0]);
});

test('whenever critical work is shed, everything else is', () => {
  const pressure = fc.double({ min: 0, max: 2, noNaN: true });
  fc.assert(
    fc.property(fc.nat(20), fc.integer({ min: 1, max: 10 }), pressure, pressure, (inFlight, limit, delay, waiting) => {
      const adaptive = new AdaptiveLimit('x', { initial: limit, floor: 1 }, new FakeClock());
      for (let i = 0; i < inFlight; i++) adaptive.enter();
      const shedder = new LoadShedder('gateway', {
        limit: adaptive,
        loopDelayMs: () => delay * 200,
        queue: { length: () => waiting * 10, max: 10 },
      });
      const [critical, normal, background] = CLASSES.map((priority) => admits(shedder, priority));
      if (!critical) expect(normal).toBe(false);
      if (!normal) expect(background).toBe(false);
    }),
  );
});

test('a late event loop and a long queue shed too, and the refusal says why and when to come back', () => {
  const recorded = recordEvents();
  let loopDelayMs = 0;
  let waiting = 0;
  const options = { loopDelayMs: () => loopDelayMs, queue: { length: () => waiting, max: 20 }, retryAfterMs: 2_000 };
  const shedder = new LoadShedder('gateway', options, new FakeClock());
  expect(admits(shedder, 'normal')).toBe(true);
  loopDelayMs = 170;
  expect(() => shedder.admit('normal')).toThrow(expect.objectContaining({ code: 'overloaded', retryAfterMs: 2_000 }));
  expect(admits(shedder, 'critical')).toBe(true);
  loopDelayMs = 0;
  waiting = 20;
  expect(() => shedder.admit('critical')).toThrow(expect.objectContaining({ reason: 'queue' }));
  recorded.stop();
  expect(recorded.events).toEqual([
    { type: 'shed', name: 'gateway', priority: 'normal', reason: 'event_loop' },
    { type: 'shed', name: 'gateway', priority: 'critical', reason: 'queue' },
  ]);
});

test('work that fails gives its place back', async () => {
  const shedder = new LoadShedder('gateway', { limit: 2 }, new FakeClock());
  await expect(shedder.run('normal', () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
  expect(shedder.inFlight).toBe(0);
});

test('a block of the event loop is seen by the work that it held up, and forgotten 200 ms later', async () => {
  const clock = new FakeClock();
  let blockMs = 0;
  const late = { now: () => clock.now() + blockMs, after: clock.after.bind(clock) };
  const delay = new LoopDelay(late);
  await clock.advance(100);
  expect(delay.ms).toBe(0);
  blockMs = 2_000; // time that passes without a timer running
  await clock.advance(20);
  expect(delay.ms).toBe(2_000);
  await clock.advance(180);
  expect(delay.ms).toBe(2_000);
  await clock.advance(20);
  expect(delay.ms).toBe(0);
  delay.stop();
  expect(clock.pending).toBe(0);
});
