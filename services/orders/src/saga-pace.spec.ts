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

test('on a busy processor accepted orders wait, but for one every half second', () => {
  const orders = pace();
  busy = true;
  expect([orders.room(), orders.room()]).toEqual([1, 0]);
  nowMs += 500;
  expect([orders.room(), orders.room()]).toEqual([1, 0]);
});

test('once it is less busy, work is taken up step by step', () => {
  const orders = pace();
  busy = true;
  orders.room();
  busy = false;
  expect([1, 2, 3, 4].map(() => orders.room())).toEqual([2, 3, 4, 4]);
});

test('an order that has waited for long waits for nobody', async () => {
  const orders = pace();
  busy = true;
  ageMs = 31_000;
  orders.room();
  await Promise.resolve();
  expect([orders.room(), orders.room(), orders.room()]).toEqual([2, 3, 4]);
  ageMs = 0;
  orders.room();
  await Promise.resolve();
  nowMs += 500;
  expect([orders.room(), orders.room()]).toEqual([1, 0]);
});
