import fc from 'fast-check';
import { emptySection, freeSeats, giveBack, longestRun, seatName, takeAdjacent, takeAny } from './seat-map';

test('a section of 45 seats has two full rows and five seats of the third', () => {
  const masks = emptySection(45);
  expect(freeSeats(masks)).toBe(45);
  expect(longestRun(masks)).toBe(20);
  expect(freeSeats(emptySection(500))).toBe(500);
});

test('seats of one hold are side by side, never around the end of a row', () => {
  const masks = emptySection(40);
  for (let hold = 0; hold < 6; hold += 1) takeAdjacent(masks, 3);
  expect(takeAdjacent(masks, 3)).toEqual([20, 21, 22]);
  expect(takeAdjacent(masks, 2)).toEqual([18, 19]);
});

test('where no two free seats are side by side none is taken, and single ones still can be', () => {
  const masks = emptySection(20);
  const all = takeAdjacent(masks, 20) ?? [];
  giveBack(
    masks,
    all.filter((seat) => seat % 2 === 0),
  );
  expect(takeAdjacent(masks, 2)).toBeUndefined();
  expect(longestRun(masks)).toBe(1);
  expect(takeAny(masks, 3)).toEqual([0, 2, 4]);
});

test('a seat that is free cannot be given back', () => {
  expect(() => giveBack(emptySection(20), [3])).toThrow(/free already/);
});

test('seats have names of their own', () => {
  expect(seatName(0)).toEqual({ section: '101', row: 'A', number: 1 });
  expect(seatName(499)).toEqual({ section: '101', row: 'Y', number: 20 });
  expect(seatName(500)).toEqual({ section: '102', row: 'A', number: 1 });
  const names = new Set(Array.from({ length: 2_000 }, (_, index) => JSON.stringify(seatName(index))));
  expect(names.size).toBe(2_000);
});

test('whatever is taken and given back, no seat is taken twice and none is lost', () => {
  const action = fc.record({ quantity: fc.integer({ min: 1, max: 4 }), undo: fc.boolean() });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.array(action, { maxLength: 200 }), (seats, actions) => {
      const masks = emptySection(seats);
      const taken = new Set<number>();
      for (const { quantity, undo } of actions) {
        const run = longestRun(masks);
        const got = takeAdjacent(masks, quantity);
        expect(got !== undefined).toBe(run >= quantity);
        for (const seat of got ?? []) {
          expect(taken.has(seat)).toBe(false);
          taken.add(seat);
        }
        if (undo && got !== undefined) {
          giveBack(masks, got);
          for (const seat of got) taken.delete(seat);
        }
        expect(freeSeats(masks) + taken.size).toBe(seats);
      }
    }),
  );
});
