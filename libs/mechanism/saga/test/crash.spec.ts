import { type Database, migrate } from '@stampede/db';
import { type TestDatabase, testDatabase } from '@stampede/db/testing';
import { sagaMigration } from '../src';
import { type Card, FakeShop, LEASE_MS } from './fake-shop';

class Crash extends Error {}

const scenarios: readonly (readonly [Card, string])[] = [
  ['tok_ok', 'confirmed'],
  ['tok_declined', 'declined'],
  ['tok_lost_response', 'confirmed'],
  ['tok_lost_request', 'declined'],
  ['tok_error_once', 'confirmed'],
  ['tok_down', 'cancelled'],
  ['tok_silent', 'refunded'],
  ['inventory_mute', 'cancelled'],
];

let db: TestDatabase;
let database: Database;

beforeAll(async () => {
  db = await testDatabase('saga_crash');
  database = db.database;
  await migrate(database, [sagaMigration]);
  await FakeShop.createTables(database);
});
afterAll(() => db.drop());

/** The promises of the contract for one order, whatever happened to its workers. */
async function expectPromisesKept(shop: FakeShop, id: string, where: string): Promise<string> {
  const order = await shop.ledger(id);
  const confirmed = order.status === 'confirmed';
  expect({ where, ...order }).toEqual({
    where,
    status: expect.stringMatching(/^(confirmed|declined|cancelled|refunded)$/),
    finished: true,
    events: [order.status], // told once
    tickets: confirmed ? 1 : 0,
    seatSold: confirmed,
    captures: confirmed || order.status === 'refunded' ? 1 : 0,
    refunded: order.status === 'refunded',
    state: order.state.captured ? { captured: true } : {}, // the payment token is forgotten
  });
  return order.status;
}

/** Every point that an undisturbed order passes, in order. */
async function pointsOf(card: Card): Promise<string[]> {
  const points: string[] = [];
  const shop = new FakeShop(database);
  const runner = shop.runner('observer', { crashPoint: (point) => void points.push(point) });
  await shop.placeOrder(runner, card);
  await shop.finish(runner);
  return points;
}

/**
 * Lets a runner work until it dies at its `nth` point, from 0; its leases have run out then. Returns false if it
 * never got there.
 */
async function workUntilCrash(shop: FakeShop, workerId: string, nth: number): Promise<boolean> {
  let passed = 0;
  const crashPoint = (point: string): void => {
    if (passed++ === nth) {
      throw new Crash(point);
    }
  };
  await shop.finish(shop.runner(workerId, { crashPoint }), () => passed > nth);
  shop.nowMs += LEASE_MS + 1;
  return passed > nth;
}

test.each(scenarios)('an undisturbed order with %s ends %s', async (card, expected) => {
  const shop = new FakeShop(database);
  const runner = shop.runner('a');
  const id = await shop.placeOrder(runner, card);
  await shop.finish(runner);
  expect(await expectPromisesKept(shop, id, 'undisturbed')).toBe(expected);
});

test('the points cover each verb before and after, and each write before, uncommitted and stored', async () => {
  const points = new Set<string>();
  for (const [card] of scenarios) {
    (await pointsOf(card)).forEach((point) => points.add(point)); // in turn: a runner takes any saga
  }
  for (const verb of [
    'confirm-hold:run',
    'capture:run',
    'capture:ask',
    'capture:compensate',
    'confirm-hold:compensate',
    'settle:run',
  ]) {
    expect(points).toContain(`${verb}:before`);
    expect(points).toContain(`${verb}:after`);
    expect(points).toContain(`${verb}:unstored`);
    expect(points).toContain(`${verb}:stored`);
  }
  expect(points).toContain('settle:run:uncommitted');
  expect(points).toContain('confirm-hold:compensate:uncommitted');
  expect(points).toContain('capture:turn-back:stored');
  expect(points).toContain('capture:pause:stored');
});

test.each(scenarios)('an order with %s keeps every promise wherever its worker crashes', async (card) => {
  const points = await pointsOf(card);
  for (const [nth, point] of points.entries()) {
    const shop = new FakeShop(database);
    const id = await shop.placeOrder(shop.runner('-'), card);
    expect(await workUntilCrash(shop, 'a', nth)).toBe(true);
    await shop.finish(shop.runner('b'));
    await expectPromisesKept(shop, id, `crash at ${point}`);
  }
});

test.each(['tok_lost_response', 'tok_declined'] as const)(
  'an order with %s survives a second crash anywhere after the first',
  async (card) => {
    const points = await pointsOf(card);
    for (const [nth, point] of points.entries()) {
      for (let second = 0, crashed = true; crashed; second++) {
        const shop = new FakeShop(database);
        const id = await shop.placeOrder(shop.runner('-'), card);
        await workUntilCrash(shop, 'a', nth);
        crashed = await workUntilCrash(shop, 'b', second);
        await shop.finish(shop.runner('c'));
        await expectPromisesKept(shop, id, `crash at ${point}, then at point ${second} of its successor`);
      }
    }
  },
  60_000,
);

test.each(scenarios)(
  'an order with %s keeps every promise when its worker only sleeps, and wakes after another took over',
  async (card) => {
    const points = await pointsOf(card);
    for (const [nth, point] of points.entries()) {
      const shop = new FakeShop(database);
      const asleep = Promise.withResolvers<void>();
      const wake = Promise.withResolvers<void>();
      let passed = 0;
      const sleeper = shop.runner('a', {
        crashPoint: async () => {
          if (passed++ === nth) {
            asleep.resolve();
            await wake.promise;
          }
        },
      });
      const id = await shop.placeOrder(sleeper, card);
      const slept = shop.finish(sleeper);
      await Promise.race([asleep.promise, slept]);
      shop.nowMs += LEASE_MS + 1;
      await shop.runner('b').drain();
      wake.resolve();
      await slept;
      await shop.finish(shop.runner('c'));
      await expectPromisesKept(shop, id, `asleep at ${point}`);
    }
  },
);
