import { randomUUID } from 'node:crypto';
import type { Kv } from './port';

const minute = { ttlMs: 60_000 };

/** What every store promises, whatever is behind it. `open` answers another client of the same store each time. */
export function behavesLikeAKv(name: string, open: () => Promise<Kv>): void {
  describe(`the store on ${name}`, () => {
    let kv: Kv;
    let other: Kv;
    /** Makes a name that no other test uses, because the store may be shared. */
    const unique = (what: string): string => `${what}-${randomUUID()}`;

    beforeAll(async () => {
      [kv, other] = await Promise.all([open(), open()]);
    });
    afterAll(() => Promise.all([kv.close(), other.close()]));

    describe('entries', () => {
      test('are seen by everybody until they are deleted', async () => {
        const key = unique('entry');
        expect(await kv.get(key)).toBeNull();
        await kv.set(key, '{"name":"Zürich 😀"}', minute);
        expect(await other.get(key)).toBe('{"name":"Zürich 😀"}');
        await other.set(key, '', minute);
        expect(await kv.get(key)).toBe('');
        await kv.delete(key);
        await kv.delete(key);
        expect(await other.get(key)).toBeNull();
      });

      test('end by themselves, and can be set again', async () => {
        const key = unique('entry');
        await kv.set(key, 'short', { ttlMs: 1 });
        await until(async () => (await kv.get(key)) === null);
        await kv.set(key, 'long', minute);
        expect(await kv.get(key)).toBe('long');
      });
    });

    describe('counters', () => {
      test('count what all clients add, at the same time too', async () => {
        const [left, right] = [unique('left'), unique('right')];
        const calls = Array.from({ length: 50 }, (_, call) => {
          const increments = [left, right].map((key) => ({ key, by: 2, ...minute }));
          return (call % 2 ? kv : other).addAll(call % 3 ? increments : increments.toReversed());
        });
        await Promise.all(calls);
        expect(await kv.addAll([left, right].map((key) => ({ key, by: 0, ...minute })))).toEqual([100, 100]);
      });

      test('answer in the order given, and count a key given twice twice', async () => {
        const [a, b] = [unique('a'), unique('b')];
        const totals = await kv.addAll([
          { key: b, by: 5, ...minute },
          { key: a, by: 1, ...minute },
          { key: b, by: -2, ...minute },
        ]);
        expect(totals).toEqual([3, 1, 3]);
        expect(await kv.addAll([])).toEqual([]);
      });

      test('start at zero again after their time, which later increments do not prolong', async () => {
        const key = unique('counter');
        await kv.addAll([{ key, by: 7, ttlMs: 200 }]);
        await until(async () => (await kv.addAll([{ key, by: 0, ...minute }]))[0] === 0);
        expect(await kv.addAll([{ key, by: 1, ...minute }])).toEqual([1]);
      });

      test('are not entries', async () => {
        const key = unique('both');
        await kv.set(key, 'entry', minute);
        expect(await kv.addAll([{ key, by: 1, ...minute }])).toEqual([1]);
        expect(await kv.get(key)).toBe('entry');
      });
    });

    describe('lines', () => {
      const slow = { intervalMs: 60_000, keepMs: 600_000 };

      test('admit the first at once and the next one interval later', async () => {
        const line = unique('line');
        const first = await kv.reserveSlot(line, 'a', slow);
        const second = await other.reserveSlot(line, 'b', slow);
        expect(first.admitAtMs).toBeLessThanOrEqual(first.nowMs);
        expect(second.admitAtMs - first.admitAtMs).toBeCloseTo(60_000, 1);
        expect(second.nowMs).toBeGreaterThanOrEqual(first.nowMs);
      });

      test('keep the slot of a member, whoever asks and however often', async () => {
        const line = unique('line');
        expect(await kv.readSlot(line, 'a')).toBeNull();
        await kv.reserveSlot(line, 'first', slow);
        const asked = await Promise.all(
          Array.from({ length: 20 }, (_, call) => (call % 2 ? kv : other).reserveSlot(line, 'a', slow)),
        );
        const [{ admitAtMs }] = asked as [(typeof asked)[0]];
        expect(new Set(asked.map((slot) => slot.admitAtMs))).toEqual(new Set([admitAtMs]));
        expect((await other.readSlot(line, 'a'))?.admitAtMs).toBe(admitAtMs);
        const next = await kv.reserveSlot(line, 'next', slow);
        expect(next.admitAtMs - admitAtMs).toBeCloseTo(60_000, 1);
      });

      test.each([60_000, 333.333, 0.1])('never give two members slots closer than %d ms', async (intervalMs) => {
        const line = unique('line');
        const reserve = (member: number) =>
          (member % 2 ? kv : other).reserveSlot(line, `m${member}`, { intervalMs, keepMs: 600_000 });
        const slots = await Promise.all(Array.from({ length: 60 }, (_, member) => reserve(member)));
        const times = slots.map(({ admitAtMs }) => admitAtMs).sort((a, b) => a - b);
        // Stores keep microseconds, so each slot may be off by one.
        for (const [index, time] of times.slice(1).entries())
          expect(time - (times[index] ?? 0)).toBeGreaterThan(intervalMs - 0.002);
      });

      test('do not save up slots while nobody comes', async () => {
        const line = unique('line');
        const quick = { intervalMs: 1, keepMs: 600_000 };
        const { admitAtMs } = await kv.reserveSlot(line, 'a', quick);
        await until(async () => ((await kv.readSlot(line, 'a'))?.nowMs ?? 0) > admitAtMs + 50);
        const late = await kv.reserveSlot(line, 'b', quick);
        const later = await kv.reserveSlot(line, 'c', quick);
        expect(late.admitAtMs).toBeGreaterThan(admitAtMs + 50);
        expect(later.admitAtMs - late.admitAtMs).toBeGreaterThan(0.998);
      });

      test('forget a member after its time; it goes to the end then', async () => {
        const line = unique('line');
        const first = await kv.reserveSlot(line, 'a', { intervalMs: 60_000, keepMs: 1 });
        await until(async () => (await kv.readSlot(line, 'a')) === null);
        await kv.reserveSlot(line, 'b', slow);
        const again = await kv.reserveSlot(line, 'a', slow);
        expect(again.admitAtMs - first.admitAtMs).toBeCloseTo(120_000, 1);
      });

      test('open at their time: whoever comes sooner is admitted from then on, in the order of arrival', async () => {
        const line = unique('line');
        const { nowMs } = await kv.reserveSlot(unique('line'), 'a', slow);
        const opening = { ...slow, notBeforeMs: nowMs + 3_600_000 };
        const first = await kv.reserveSlot(line, 'a', opening);
        const second = await other.reserveSlot(line, 'b', opening);
        expect(first.admitAtMs).toBeCloseTo(nowMs + 3_600_000, 1);
        expect(second.admitAtMs - first.admitAtMs).toBeCloseTo(60_000, 1);
      });

      test('do not touch each other', async () => {
        const [one, two] = [unique('line'), unique('line')];
        await kv.reserveSlot(one, 'a', slow);
        const { admitAtMs, nowMs } = await kv.reserveSlot(two, 'a', slow);
        expect(admitAtMs).toBeLessThanOrEqual(nowMs);
      });
    });

    test('it answers a ping', async () => {
      await expect(kv.ping()).resolves.toBeUndefined();
    });
  });
}

/** Asks again until the answer is yes; the test's own timeout is the limit. */
export async function until(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await new Promise((resolve) => setTimeout(resolve, 5));
}
