import { orderEventTypes, type AuditReport, type InvariantId, type Violation } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { ConfigError } from '@stampede/service-kit';
import { openService, type RunningService } from '@stampede/service-kit/testing';
import { sql } from 'kysely';
import request from 'supertest';
import { parts } from '../src/audit.module';
import { AUDITED, settings } from '../src/config';
import { PlantedShop } from './planted-shop';

const PASSWORD = 'for the role of the audit in tests';

let shop: PlantedShop;
let audit: RunningService;

beforeAll(async () => {
  shop = await PlantedShop.open();
  await shop.run('orders', sql`ALTER ROLE stampede_audit PASSWORD ${sql.lit(PASSWORD)}`);
  audit = await open();
});
beforeEach(() => shop.empty());
afterAll(async () => {
  await audit.stop();
  await shop.close();
});

function open(env: Record<string, string> = {}): Promise<RunningService> {
  const stores = AUDITED.map((service) => [`${service.toUpperCase()}_DATABASE_URL`, shop.stores[service].url]);
  const base = { ...Object.fromEntries(stores), PROVIDER_URL: shop.provider.url, AUDIT_DATABASE_PASSWORD: PASSWORD };
  return openService({ settings, load: () => parts, env: { ...base, ...env } });
}

async function report(): Promise<AuditReport> {
  return (await request(audit.url).get('/audit').expect(200)).body as AuditReport;
}

/** What does not hold, and why. */
async function violations(): Promise<Partial<Record<InvariantId, Violation[]>>> {
  const { invariants } = await report();
  for (const { holds, violations: found } of invariants) expect(holds).toBe(found.length === 0);
  return Object.fromEntries(invariants.filter(({ holds }) => !holds).map(({ id, violations: found }) => [id, found]));
}

async function counts(): Promise<Record<string, [checked: number, inFlight: number]>> {
  const { invariants } = await report();
  return Object.fromEntries(invariants.map(({ id, checked, inFlight }) => [id, [checked, inFlight]]));
}

/** One order of each end, as a shop at rest has them. */
async function plantEveryEnd(): Promise<void> {
  for (const status of ['confirmed', 'declined', 'cancelled', 'refunded'] as const) await shop.order({ status });
  await shop.order({ status: 'confirmed', attempt: 3, currency: 'CAD', quantity: 1 });
  await shop.order({ status: 'refunded', attempt: 2, currency: 'MXN' });
}

describe('a shop in order', () => {
  test('has no violation, and every order and event was looked at', async () => {
    await plantEveryEnd();
    expect(await violations()).toEqual({});
    expect(await counts()).toEqual({ C1: [6, 0], C2: [4, 0], C3: [6, 0], C4: [7, 0], C5: [12, 0] });
  });

  test('that has never sold anything holds as well', async () => {
    expect(await violations()).toEqual({});
    expect(await counts()).toEqual({ C1: [0, 0], C2: [0, 0], C3: [0, 0], C4: [1, 0], C5: [0, 0] });
  });

  test('says when it was checked, in the order of the invariants', async () => {
    const { checkedAt, invariants } = await report();
    expect(Math.abs(Date.now() - Date.parse(checkedAt))).toBeLessThan(10_000);
    expect(invariants.map(({ id }) => id)).toEqual(['C1', 'C2', 'C3', 'C4', 'C5']);
  });
});

describe('what is under way is in flight and no violation', () => {
  test('an order in time, whatever was captured for it', async () => {
    await plantEveryEnd();
    for (const capture of ['none', 'intent', 'captured'] as const) await shop.order({ status: 'pending', placedAgoMs: 5_000, capture });
    expect(await violations()).toEqual({});
    expect(await counts()).toMatchObject({ C1: [6, 3], C3: [6, 3], C4: [7, 3] });
  });

  test('a late order whose capture is being asked for', async () => {
    await shop.order({ status: 'pending', capture: 'intent' });
    expect(await violations()).toEqual({});
    expect(await counts()).toMatchObject({ C1: [0, 1], C3: [0, 1] });
  });

  test('an order that has just passed its deadline and is being undone', async () => {
    await shop.order({ status: 'pending', placedAgoMs: 121_000, capture: 'captured' });
    expect(await violations()).toEqual({});
  });

  test('an event that is young, published or not, parked or not', async () => {
    const { orderId } = await shop.order({ status: 'pending', placedAgoMs: 50_000 });
    const at = new Date(Date.now() - 30_000);
    const next = { eventId: uuidv7(), type: orderEventTypes.confirmed, at };
    await shop.plantEvent(orderId, { ...next, sequence: 2, applied: ['billing'] });
    await shop.plantEvent(orderId, { ...next, eventId: uuidv7(), sequence: 3, applied: [], published: false });
    expect(await violations()).toEqual({});
    expect(await counts()).toMatchObject({ C5: [3, 2] });
  });

  test('an order that was placed, captured and confirmed while the audit read', async () => {
    await plantEveryEnd();
    shop.provider.handlers.statement = async () => {
      await shop.order({ placedAgoMs: 0 });
      return { entries: shop.entries };
    };
    expect(await violations()).toEqual({});
  });

  test('a late order that ends while the audit reads', async () => {
    const { orderId } = await shop.order({ status: 'pending', capture: 'captured' });
    shop.provider.handlers.statement = async () => {
      await shop.run('orders', sql`UPDATE placed_order SET status = 'confirmed', ended_at = now() WHERE order_id = ${orderId}`);
      return { entries: shop.entries };
    };
    expect(await violations()).toEqual({});
    expect(await counts()).toMatchObject({ C1: [1, 0] });
  });
});

describe('C1: every acknowledged order ends', () => {
  test('an order pending past its deadline is found', async () => {
    await plantEveryEnd();
    const { orderId } = await shop.order({ status: 'pending', placedAgoMs: 140_000 });
    expect(await violations()).toEqual({ C1: [{ subject: orderId, expected: 'a terminal state by its deadline', actual: 'pending' }] });
  });

  test('of very many the first hundred are told', async () => {
    await shop.run(
      'orders',
      sql`INSERT INTO placed_order (order_id, buyer_id, event_id, hold_id, category, seats, total, currency, timeline, deadline_at)
        SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'CAT1', '[]', 0, 'USD', '[]', now() - interval '1 h' FROM generate_series(1, 103)`,
    );
    expect((await violations()).C1).toHaveLength(100);
  });
});

describe('C2: one capture an order', () => {
  test('a second capture, under the key of a later attempt and refunded since, is found at once', async () => {
    await plantEveryEnd();
    const { orderId, total } = await shop.order({ placedAgoMs: 1_000 });
    shop.moved('capture', `${orderId}.2`, total);
    shop.moved('refund', `${orderId}.2.refund`, total);
    expect(await violations()).toEqual({ C2: [{ subject: orderId, expected: 'at most one capture', actual: '2 captures' }] });
  });

  test('so it is for an order that is still pending', async () => {
    const { orderId, total } = await shop.order({ status: 'pending', placedAgoMs: 1_000, capture: 'captured' });
    shop.moved('capture', `${orderId}.2`, total);
    expect(Object.keys(await violations())).toEqual(['C2']);
  });
});

describe('C3: the money agrees', () => {
  test('a capture of one cent less is found, by order and by currency', async () => {
    await plantEveryEnd();
    const { orderId, total } = await shop.order({ capture: 'none' });
    shop.moved('capture', orderId, total - 1);
    expect(await violations()).toEqual({
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
    expect((await violations()).C3?.map(({ subject }) => subject)).toEqual([first.orderId, second.orderId]);
  });

  test('money in another currency is no money', async () => {
    const { orderId, total } = await shop.order({ capture: 'none' });
    shop.moved('capture', orderId, total, 'CAD');
    expect((await violations()).C3?.map(({ subject, actual }) => [subject, actual])).toEqual([
      [orderId, '2000 CAD'],
      ['USD', 'nothing'],
      ['CAD', '2000 CAD'],
    ]);
  });

  test.each(['declined', 'cancelled', 'refunded'] as const)('money kept of an order that was %s is found', async (status) => {
    const { orderId } = await shop.order({ status, capture: 'captured' });
    const found = await violations();
    expect(found.C3).toContainEqual({ subject: orderId, expected: 'nothing', actual: '2000 USD' });
  });

  test('a capture of an order that never was is found', async () => {
    await plantEveryEnd();
    const orderId = uuidv7();
    shop.moved('capture', orderId, 700);
    shop.moved('capture', 'key-of-a-stranger', 30);
    expect((await violations()).C3).toEqual([
      { subject: orderId, expected: 'nothing, for there is no such order', actual: '700 USD' },
      { subject: 'key-of-a-stranger', expected: 'nothing, for there is no such order', actual: '30 USD' },
      { subject: 'USD', expected: '2000 USD', actual: '2730 USD' },
    ]);
  });

  test('a free ticket needs no capture', async () => {
    const { orderId } = await shop.order({ capture: 'none', quantity: 1 });
    await shop.run('orders', sql`UPDATE placed_order SET total = 0 WHERE order_id = ${orderId}`);
    expect(await violations()).toEqual({});
  });
});

describe('C4: seats add up', () => {
  test('a seat sold to two orders is found at once, from both sides', async () => {
    await plantEveryEnd();
    const [first, second] = [await shop.order({ quantity: 1 }), await shop.order({ quantity: 1 })];
    const seat = first.seatIndexes[0] ?? -1;
    await shop.run('inventory', sql`UPDATE hold SET seat_indexes = ARRAY[${seat}]::integer[] WHERE hold_id = ${second.holdId}`);
    const seats = JSON.stringify([{ section: '101', row: 'A', number: seat + 1 }]);
    await shop.run('orders', sql`UPDATE placed_order SET seats = ${seats}::jsonb WHERE order_id = ${second.orderId}`);
    expect(await violations()).toEqual({
      C4: [
        { subject: `${shop.eventId} CAT1 seat ${seat}`, expected: 'one taker', actual: '2 takers' },
        { subject: `${shop.eventId} CAT1 101 A ${seat + 1}`, expected: 'one taker', actual: '2 takers' },
      ],
    });
  });

  test('a seat that is neither sold nor held nor free is found', async () => {
    await plantEveryEnd();
    await shop.run('inventory', sql`UPDATE section SET free_masks = ARRAY[free_masks[1] & ~(1 << 19)]`);
    expect(await violations()).toEqual({
      C4: [{ subject: `${shop.eventId} CAT1`, expected: '20 seats', actual: '3 sold + 0 held + 16 free' }],
    });
  });

  test('a confirmed order without its seats is found', async () => {
    const { orderId, holdId } = await shop.order();
    await shop.run('inventory', sql`UPDATE hold SET state = 'claimed' WHERE hold_id = ${holdId}`);
    expect(await violations()).toEqual({ C4: [{ subject: orderId, expected: '2 seats sold to this confirmed order', actual: '0' }] });
  });

  test('seats kept by an order that was undone are found', async () => {
    const { orderId, holdId } = await shop.order();
    await shop.run('inventory', sql`UPDATE hold SET order_id = ${(await shop.order({ status: 'cancelled', quantity: 0 })).orderId} WHERE hold_id = ${holdId}`);
    const found = (await violations()).C4 ?? [];
    expect(found).toContainEqual({ subject: orderId, expected: '2 seats sold to this confirmed order', actual: '0' });
    expect(found).toContainEqual(expect.objectContaining({ expected: '0 seats sold to this cancelled order', actual: '2' }));
  });

  test('seats sold to an order that never was are found', async () => {
    const stranger = uuidv7();
    const { holdId, orderId } = await shop.order();
    await shop.run('inventory', sql`UPDATE hold SET order_id = ${stranger} WHERE hold_id = ${holdId}`);
    expect((await violations()).C4?.map(({ subject }) => subject)).toEqual([orderId, stranger]);
  });
});

describe('C5: every event is applied once, in order', () => {
  test('an event that the bus never got is found', async () => {
    await plantEveryEnd();
    const { orderId, events } = await shop.order();
    await shop.run('orders', sql`UPDATE outbox SET published_at = NULL WHERE id = ${events[1]}`);
    for (const store of ['notifications', 'billing'] as const) await shop.run(store, sql`DELETE FROM inbox WHERE event_id = ${events[1]}`);
    expect(await violations()).toEqual({
      C5: [{ subject: orderId, expected: 'event 2 published', actual: expect.stringContaining('not published since') }],
    });
  });

  test.each(['notifications', 'billing'] as const)('an event that %s never applied is found, parked or not', async (store) => {
    await plantEveryEnd();
    const { orderId, events } = await shop.order();
    await shop.run(store, sql`DELETE FROM inbox WHERE event_id = ${events[1]}`);
    const subject = `${orderId} ${store}.orders`;
    expect(await violations()).toEqual({ C5: [{ subject, expected: 'event 2 applied', actual: 'not applied' }] });
    const event = JSON.stringify({ id: events[1] });
    await shop.run(store, sql`INSERT INTO inbox_parked VALUES (${`${store}.orders`}, ${orderId}, 2, ${event}::jsonb)`);
    expect((await violations()).C5).toEqual([{ subject, expected: 'event 2 applied', actual: 'parked' }]);
  });

  test('an event applied twice is found at once', async () => {
    await plantEveryEnd();
    const { orderId, events } = await shop.order({ placedAgoMs: 1_000 });
    await shop.run('billing', sql`INSERT INTO inbox VALUES ('billing.orders', ${events[1]}, ${orderId}, 3)`);
    expect(await violations()).toEqual({
      C5: [{ subject: `${orderId} billing.orders`, expected: 'event 2 applied once', actual: 'applied 2 times' }],
    });
  });

  test('events applied out of their order are found at once', async () => {
    await plantEveryEnd();
    const { orderId } = await shop.order({ placedAgoMs: 1_000 });
    await shop.run('notifications', sql`
      UPDATE inbox SET applied_at = applied_at - interval '1 s' WHERE subject = ${orderId} AND sequence = 2`);
    expect(await violations()).toEqual({
      C5: [{ subject: `${orderId} notifications.orders`, expected: 'events applied in their order', actual: '2 out of turn with 1' }],
    });
  });

  test('an event applied before the one that precedes it is found at once', async () => {
    const { orderId, events } = await shop.order({ placedAgoMs: 1_000 });
    await shop.run('billing', sql`DELETE FROM inbox WHERE event_id = ${events[0]}`);
    expect(await violations()).toEqual({
      C5: [{ subject: `${orderId} billing.orders`, expected: 'events applied in their order', actual: '2 first' }],
    });
  });

  test('a gap in what orders wrote is found, and so is an event that orders never wrote', async () => {
    await plantEveryEnd();
    const { orderId, events } = await shop.order({ placedAgoMs: 1_000 });
    await shop.run('orders', sql`DELETE FROM outbox WHERE id = ${events[0]}`);
    const found = (await violations()).C5 ?? [];
    expect(found).toContainEqual({ subject: orderId, expected: 'events that count up from 1', actual: '1 events from 2 to 2' });
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
    expect(await violations()).toEqual({});
    await shop.run('orders', sql`DELETE FROM outbox`);
    expect(await violations()).toEqual({});
  });
});

describe('what cannot be read is said, and nothing is guessed', () => {
  test.each(AUDITED)('the database of %s', async (service) => {
    const blind = await open({ [`AUDIT_${service.toUpperCase()}_DATABASE_URL`]: 'postgres://nobody@127.0.0.1:1/nowhere' });
    const { body } = await request(blind.url).get('/audit').expect(503);
    await blind.stop();
    expect(body).toMatchObject({ code: 'unavailable', detail: `the database of ${service} cannot be read` });
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|nobody|nowhere/);
  });

  test('a database whose service has not migrated it yet', async () => {
    await shop.run('billing', sql`ALTER SCHEMA audit RENAME TO not_there_yet`);
    const { body } = await request(audit.url).get('/audit').expect(503);
    await shop.run('billing', sql`ALTER SCHEMA not_there_yet RENAME TO audit`);
    expect(body.detail).toBe('the database of billing cannot be read');
  });

  test("the provider's statement", async () => {
    shop.provider.handlers.statement = (_, { drop }) => drop();
    const { body } = await request(audit.url).get('/audit').expect(503);
    expect(body).toMatchObject({ code: 'unavailable', detail: "the payment provider's statement cannot be read" });
  });

  test('a part that comes back is read again', async () => {
    shop.provider.handlers.statement = (_, { drop }) => drop();
    await request(audit.url).get('/audit').expect(503);
    shop.provider.handlers.statement = () => ({ entries: shop.entries });
    expect(await violations()).toEqual({});
  });
});

test('audits that are asked for at the same time share one', async () => {
  await plantEveryEnd();
  const reports = await Promise.all(Array.from({ length: 6 }, () => report()));
  expect(new Set(reports.map(({ checkedAt }) => checkedAt)).size).toBeLessThan(6);
  expect(shop.provider.calls.length).toBeLessThan(6);
});

test('the audit reads as a role of its own', async () => {
  await report();
  const { rows } = await sql`
    SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'audit-0 of orders'`.execute(
    shop.stores.orders.database.kysely,
  );
  expect(rows).toEqual([{ usename: 'stampede_audit' }]);
});

test('an audit that is not told where its databases are does not start, and names every one', () => {
  const load = () => settings.load({ PROVIDER_URL: 'http://provider', AUDIT_ORDERS_DATABASE_URL: 'postgres://somewhere/orders' });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow(/AUDIT_INVENTORY_DATABASE_URL[\s\S]*AUDIT_PAYMENTS[\s\S]*AUDIT_NOTIFICATIONS[\s\S]*AUDIT_BILLING/);
  expect(load).not.toThrow(/AUDIT_ORDERS_DATABASE_URL/);
});
