import { SagaPace } from './saga-pace';

let nowMs = 0;
let refusing = false;
let ageMs = 0;
const pace = () =>
  new SagaPace({
    ...{ most: 4, giveWay: () => refusing, oldestAgeMs: async () => ageMs, patienceMs: 30_000, now: () => nowMs },
  });
/** Whatever was asked has been told. */
const settled = () => new Promise(setImmediate);
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
  await settled();
  ageMs = 31_000;
  roomsOf(orders, 2);
  await settled();
  expect(roomsOf(orders, 6)).toEqual([2, 2, 3, 3, 4, 4]);
});

test('once the late ones are finished, orders give way again', async () => {
  const orders = pace();
  refusing = true;
  ageMs = 31_000;
  roomsOf(orders, 2);
  await settled();
  roomsOf(orders, 6);
  await settled();
  ageMs = 100;
  expect(roomsOf(orders, 2)).toEqual([4, 4]);
  await settled();
  expect(roomsOf(orders, 6)).toEqual([2, 2, 1, 0, 0, 0]);
});

test('a database that is slow to tell the age is not asked a second time meanwhile', async () => {
  let asked = 0;
  const orders = new SagaPace({
    ...{ most: 4, giveWay: () => true, patienceMs: 30_000, now: () => nowMs },
    oldestAgeMs: () => new Promise(() => (asked += 1)),
  });
  roomsOf(orders, 20);
  expect(asked).toBe(1);
});
