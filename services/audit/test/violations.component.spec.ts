import { uuidv7 } from '@stampede/db';
import { sql } from 'kysely';
import { OpenAudit } from './open-audit';
import type { PlantedShop } from './planted-shop';

let audit: OpenAudit;
let shop: PlantedShop;

beforeAll(async () => {
  audit = await OpenAudit.open();
  shop = audit.shop;
});
beforeEach(() => shop.empty());
afterAll(() => audit.close());

describe('C1: every acknowledged order ends', () => {
  test('an order pending past its deadline is found', async () => {
    await audit.plantEveryEnd();
    const { orderId } = await shop.order({ status: 'pending', placedAgoMs: 140_000 });
    expect(await audit.violations()).toEqual({
      C1: [{ subject: orderId, expected: 'a terminal state by its deadline', actual: 'pending' }],
    });
  });

  test('of very many the first hundred are told', async () => {
    await shop.run(
      'orders',
      sql`INSERT INTO placed_order (order_id, buyer_id, event_id, hold_id, category, seats, total, currency, timeline,
          deadline_at)
        SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'CAT1', '[]', 0, 'USD', '[]',
          now() - interval '1 h' FROM generate_series(1, 103)`,
    );
    expect((await audit.violations()).C1).toHaveLength(100);
  });
});

describe('C2: one capture an order', () => {
  test('a second capture, under the key of a later attempt and refunded since, is found at once', async () => {
    await audit.plantEveryEnd();
    const { orderId, total } = await shop.order({ placedAgoMs: 1_000 });
    shop.moved('capture', `${orderId}.2`, total);
    shop.moved('refund', `${orderId}.2.refund`, total);
    expect(await audit.violations()).toEqual({
      C2: [{ subject: orderId, expected: 'at most one capture', actual: '2 captures' }],
    });
  });

  test('so it is for an order that is still pending', async () => {
    const { orderId, total } = await shop.order({ status: 'pending', placedAgoMs: 1_000, capture: 'captured' });
    shop.moved('capture', `${orderId}.2`, total);
    expect(Object.keys(await audit.violations())).toEqual(['C2']);
  });
});

describe('C3: the money agrees', () => {
  test('a capture of one cent less is found, by order and by currency', async () => {
    await audit.plantEveryEnd();
    const { orderId, total } = await shop.order({ capture: 'none' });
    shop.moved('capture', orderId, total - 1);
    expect(await audit.violations()).toEqual({
      C3: [
        { subject: orderId, expected: '2000 USD', actual: '1999 USD' },
        { subject: 'USD', expected: '4000 USD', actual: '3999 USD' },
      ],
    });
  });

  test('two errors that cancel out are found by order', async () => {
    const [first, second] = [await shop.order({ capture: 'none' }), await shop.order({ capture: 'none' })];
    shop.moved('capture', first.orderId, first.total - 5);
    shop.moved('capture', second.orderId, second.total + 5);
    expect((await audit.violations()).C3?.map(({ subject }) => subject)).toEqual([first.orderId, second.orderId]);
  });

  test('money in another currency is no money', async () => {
    const { orderId, total } = await shop.order({ capture: 'none' });
    shop.moved('capture', orderId, total, 'CAD');
    expect((await audit.violations()).C3?.map(({ subject, actual }) => [subject, actual])).toEqual([
      [orderId, '2000 CAD'],
      ['USD', 'nothing'],
      ['CAD', '2000 CAD'],
    ]);
  });

  test.each(['declined', 'cancelled', 'refunded'] as const)(
    'money kept of an order that was %s is found',
    async (status) => {
      const { orderId } = await shop.order({ status, capture: 'captured' });
      const found = await audit.violations();
      expect(found.C3).toContainEqual({ subject: orderId, expected: 'nothing', actual: '2000 USD' });
    },
  );

  test('a capture of an order that never was is found', async () => {
    await audit.plantEveryEnd();
    const orderId = uuidv7();
    shop.moved('capture', orderId, 700);
    shop.moved('capture', 'key-of-a-stranger', 30);
    expect((await audit.violations()).C3).toEqual([
      { subject: orderId, expected: 'nothing, for there is no such order', actual: '700 USD' },
      { subject: 'key-of-a-stranger', expected: 'nothing, for there is no such order', actual: '30 USD' },
      { subject: 'USD', expected: '2000 USD', actual: '2730 USD' },
    ]);
  });

  test('a free ticket needs no capture', async () => {
    const { orderId } = await shop.order({ capture: 'none', quantity: 1 });
    await shop.run('orders', sql`UPDATE placed_order SET total = 0 WHERE order_id = ${orderId}`);
    expect(await audit.violations()).toEqual({});
  });
});

describe('C4: seats add up', () => {
  test('a seat sold to two orders is found at once, from both sides', async () => {
    await audit.plantEveryEnd();
    const [first, second] = [await shop.order({ quantity: 1 }), await shop.order({ quantity: 1 })];
    const seat = first.seatIndexes[0] ?? -1;
    await shop.run(
      'inventory',
      sql`UPDATE hold SET seat_indexes = ARRAY[${seat}]::integer[] WHERE hold_id = ${second.holdId}`,
    );
    const seats = JSON.stringify([{ section: '101', row: 'A', number: seat + 1 }]);
    await shop.run('orders', sql`UPDATE placed_order SET seats = ${seats}::jsonb WHERE order_id = ${second.orderId}`);
    expect(await audit.violations()).toEqual({
      C4: [
        { subject: `${shop.eventId} CAT1 seat ${seat}`, expected: 'one taker', actual: '2 takers' },
        { subject: `${shop.eventId} CAT1 101 A ${seat + 1}`, expected: 'one taker', actual: '2 takers' },
      ],
    });
  });

  test('a seat that is neither sold nor held nor free is found', async () => {
    await audit.plantEveryEnd();
    await shop.run('inventory', sql`UPDATE section SET free_masks = ARRAY[free_masks[1] & ~(1 << 19)]`);
    expect(await audit.violations()).toEqual({
      C4: [{ subject: `${shop.eventId} CAT1`, expected: '20 seats', actual: '3 sold + 0 held + 16 free' }],
    });
  });

  test('a confirmed order without its seats is found', async () => {
    const { orderId, holdId } = await shop.order();
    await shop.run('inventory', sql`UPDATE hold SET state = 'claimed' WHERE hold_id = ${holdId}`);
    expect(await audit.violations()).toEqual({
      C4: [{ subject: orderId, expected: '2 seats sold to this confirmed order', actual: '0' }],
    });
  });

  test('seats kept by an order that was undone are found', async () => {
    const { orderId, holdId } = await shop.order();
    const undone = await shop.order({ status: 'cancelled', quantity: 0 });
    await shop.run('inventory', sql`UPDATE hold SET order_id = ${undone.orderId} WHERE hold_id = ${holdId}`);
    const found = (await audit.violations()).C4 ?? [];
    expect(found).toContainEqual({ subject: orderId, expected: '2 seats sold to this confirmed order', actual: '0' });
    expect(found).toContainEqual({
      subject: undone.orderId,
      expected: '0 seats sold to this cancelled order',
      actual: '2',
    });
  });

  test('seats sold to an order that never was are found', async () => {
    const stranger = uuidv7();
    const { holdId, orderId } = await shop.order();
    await shop.run('inventory', sql`UPDATE hold SET order_id = ${stranger} WHERE hold_id = ${holdId}`);
    expect((await audit.violations()).C4?.map(({ subject }) => subject)).toEqual([orderId, stranger]);
  });
});

describe('C5: every event is applied once, in order', () => {
  test('an event that the bus never got is found', async () => {
    await audit.plantEveryEnd();
    const { orderId, events } = await shop.order();
    await shop.run('orders', sql`UPDATE outbox SET published_at = NULL WHERE id = ${events[1]}`);
    for (const store of ['notifications', 'billing'] as const)
      await shop.run(store, sql`DELETE FROM inbox WHERE event_id = ${events[1]}`);
    expect(await audit.violations()).toEqual({
      C5: [{ subject: orderId, expected: 'event 2 published', actual: expect.stringContaining('not published since') }],
    });
  });

  test.each(['notifications', 'billing'] as const)(
    'an event that %s never applied is found, parked or not',
    async (store) => {
      await audit.plantEveryEnd();
      const { orderId, events } = await shop.order();
      await shop.run(store, sql`DELETE FROM inbox WHERE event_id = ${events[1]}`);
      const subject = `${orderId} ${store}.orders`;
      expect(await audit.violations()).toEqual({
        C5: [{ subject, expected: 'event 2 applied', actual: 'not applied' }],
      });
      const event = JSON.stringify({ id: events[1] });
      await shop.run(
        store,
        sql`INSERT INTO inbox_parked VALUES (${`${store}.orders`}, ${orderId}, 2, ${event}::jsonb)`,
      );
      expect((await audit.violations()).C5).toEqual([{ subject, expected: 'event 2 applied', actual: 'parked' }]);
    },
  );

  test('an event applied twice is found at once', async () => {
    await audit.plantEveryEnd();
    const { orderId, events } = await shop.order({ placedAgoMs: 1_000 });
    await shop.run('billing', sql`INSERT INTO inbox VALUES ('billing.orders', ${events[1]}, ${orderId}, 3)`);
    expect(await audit.violations()).toEqual({
      C5: [{ subject: `${orderId} billing.orders`, expected: 'event 2 applied once', actual: 'applied 2 times' }],
    });
  });

  test('events applied out of their order are found at once', async () => {
    await audit.plantEveryEnd();
    const { orderId } = await shop.order({ placedAgoMs: 1_000 });
    await shop.run(
      'notifications',
      sql`
      UPDATE inbox SET applied_at = applied_at - interval '1 s' WHERE subject = ${orderId} AND sequence = 2`,
    );
    expect(await audit.violations()).toEqual({
      C5: [
        {
          subject: `${orderId} notifications.orders`,
          expected: 'events applied in their order',
          actual: '2 out of turn with 1',
        },
      ],
    });
  });

  test('an event applied before the one that precedes it is found at once', async () => {
    const { orderId, events } = await shop.order({ placedAgoMs: 1_000 });
    await shop.run('billing', sql`DELETE FROM inbox WHERE event_id = ${events[0]}`);
    expect(await audit.violations()).toEqual({
      C5: [{ subject: `${orderId} billing.orders`, expected: 'events applied in their order', actual: '2 first' }],
    });
  });

  test('a gap in what orders wrote is found, and so is an event that orders never wrote', async () => {
    await audit.plantEveryEnd();
    const { orderId, events } = await shop.order({ placedAgoMs: 1_000 });
    await shop.run('orders', sql`DELETE FROM outbox WHERE id = ${events[0]}`);
    const found = (await audit.violations()).C5 ?? [];
    expect(found).toContainEqual({
      subject: orderId,
      expected: 'events that count up from 1',
      actual: '1 events from 2 to 2',
    });
    expect(found).toContainEqual({
      subject: `${orderId} billing.orders`,
      expected: 'an event that orders wrote',
      actual: `applied ${events[0]}`,
    });
  });

  test('what orders and consumers have forgotten after their week is no violation', async () => {
    const day = 86_400_000;
    const { events } = await shop.order({ placedAgoMs: 10 * day });
    await shop.order({ placedAgoMs: 8 * day });
    await shop.run('orders', sql`DELETE FROM outbox WHERE id = ${events[0]}`);
    expect(await audit.violations()).toEqual({});
    await shop.run('orders', sql`DELETE FROM outbox`);
    expect(await audit.violations()).toEqual({});
  });
});
