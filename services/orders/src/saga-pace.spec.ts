import { SagaPace } from './saga-pace';

let nowMs = 0;
let busy = false;
let ageMs = 0;
const pace = () =>
  new SagaPace({
    ...{ most: 4, busy: () => busy, oldestAgeMs: async () => ageMs, patienceMs: 30_000, now: () => nowMs },
  });
beforeEach(() => {
  [nowMs, busy, ageMs] = [0, false, 0];
});

test('as many orders are worked on as there are hands', () => {
  expect(pace().room()).toBe(4);
});

/** What there is room for, asked every 100 ms. */
function roomsOf(orders: SagaPace, times: number): number[] {
  return Array.from({ length: times }, () => {
    const room = orders.room();
    nowMs += 100;
    return room;
  });
}

test('on a busy processor less and less is worked on, to one order every half second', () => {
  busy = true;
  expect(roomsOf(pace(), 12)).toEqual([2, 2, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
});

test('once it is less busy, work is taken up step by step', () => {
  const orders = pace();
  busy = true;
  roomsOf(orders, 4);
  busy = false;
  expect(roomsOf(orders, 8)).toEqual([2, 2, 3, 3, 4, 4, 4, 4]);
});

test('an order that has waited for long waits for nobody', async () => {
  const orders = pace();
  busy = true;
  roomsOf(orders, 2);
  ageMs = 31_000;
  roomsOf(orders, 2);
  await Promise.resolve();
  expect(roomsOf(orders, 6)).toEqual([2, 2, 3, 3, 4, 4]);
});
