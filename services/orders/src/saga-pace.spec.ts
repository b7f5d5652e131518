import { SagaPace } from './saga-pace';

let nowMs = 0;
let refusing = false;
let ageMs = 0;
const pace = () =>
  new SagaPace({
    ...{ most: 4, giveWay: () => refusing, oldestAgeMs: async () => ageMs, patienceMs: 30_000, now: () => nowMs },
  });
beforeEach(() => {
  [nowMs, refusing, ageMs] = [0, false, 0];
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

test('while buyers are refused less and less is worked on, to one order every half second', () => {
  refusing = true;
  expect(roomsOf(pace(), 12)).toEqual([2, 2, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
});

test('once nobody is refused, work is taken up step by step', () => {
  const orders = pace();
  refusing = true;
  roomsOf(orders, 4);
  refusing = false;
  expect(roomsOf(orders, 8)).toEqual([2, 2, 3, 3, 4, 4, 4, 4]);
});

test('an order that has waited for long waits for nobody', async () => {
  const orders = pace();
  refusing = true;
  roomsOf(orders, 2);
  ageMs = 31_000;
  roomsOf(orders, 2);
  await Promise.resolve();
  expect(roomsOf(orders, 6)).toEqual([2, 2, 3, 3, 4, 4]);
});
