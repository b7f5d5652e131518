import { orderEventTypes } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { ConfigError } from '@stampede/service-kit';
import { logger } from '@stampede/telemetry';
import { sql } from 'kysely';
import request from 'supertest';
import { Auditor } from '../src/auditor.service';
import { AUDITED, settings } from '../src/config';
import { OpenAudit, environmentOf, openAudit } from './open-audit';
import type { PlantedShop } from './planted-shop';

let audit: OpenAudit;
let shop: PlantedShop;

beforeAll(async () => {
  audit = await OpenAudit.open();
  shop = audit.shop;
});
beforeEach(() => shop.empty());
afterAll(() => audit.close());

describe('a shop in order', () => {
  test('has no violation, and every order and event was looked at', async () => {
    await audit.plantEveryEnd();
    expect(await audit.violations()).toEqual({});
    expect(await audit.counts()).toEqual({ C1: [6, 0], C2: [4, 0], C3: [6, 0], C4: [7, 0], C5: [12, 0] });
  });

  test('that has never sold anything holds as well', async () => {
    expect(await audit.violations()).toEqual({});
    expect(await audit.counts()).toEqual({ C1: [0, 0], C2: [0, 0], C3: [0, 0], C4: [1, 0], C5: [0, 0] });
  });

  test('says when it was checked, in the order of the invariants', async () => {
    const { checkedAt, invariants } = await audit.report();
    expect(Math.abs(Date.now() - Date.parse(checkedAt))).toBeLessThan(10_000);
    expect(invariants.map(({ id }) => id)).toEqual(['C1', 'C2', 'C3', 'C4', 'C5']);
  });
});

describe('what is under way is in flight and no violation', () => {
  test('an order in time, whatever was captured for it', async () => {
    await audit.plantEveryEnd();
    for (const capture of ['none', 'intent', 'captured'] as const)
      await shop.order({ status: 'pending', placedAgoMs: 5_000, capture });
    expect(await audit.violations()).toEqual({});
    expect(await audit.counts()).toMatchObject({ C1: [6, 3], C3: [6, 3], C4: [7, 3] });
  });

  test('a late order whose capture is being asked for', async () => {
    await shop.order({ status: 'pending', capture: 'intent' });
    expect(await audit.violations()).toEqual({});
    expect(await audit.counts()).toMatchObject({ C1: [0, 1], C3: [0, 1] });
  });

  test('an order that has just passed its deadline and is being undone', async () => {
    await shop.order({ status: 'pending', placedAgoMs: 121_000, capture: 'captured' });
    expect(await audit.violations()).toEqual({});
  });

  test('an event that is young, published or not, parked or not', async () => {
    const { orderId } = await shop.order({ status: 'pending', placedAgoMs: 50_000 });
    const at = new Date(Date.now() - 30_000);
    const next = { eventId: uuidv7(), type: orderEventTypes.confirmed, at };
    await shop.plantEvent(orderId, { ...next, sequence: 2, applied: ['billing'] });
    await shop.plantEvent(orderId, { ...next, eventId: uuidv7(), sequence: 3, applied: [], published: false });
    expect(await audit.violations()).toEqual({});
    expect(await audit.counts()).toMatchObject({ C5: [3, 2] });
  });

  test('an order that was placed, captured and confirmed while the audit read', async () => {
    await audit.plantEveryEnd();
    shop.provider.handlers.statement = async () => {
      await shop.order({ placedAgoMs: 0 });
      return { entries: shop.entries };
    };
    expect(await audit.violations()).toEqual({});
  });

  test('a late order that ends while the audit reads', async () => {
    const { orderId } = await shop.order({ status: 'pending', capture: 'captured' });
    shop.provider.handlers.statement = async () => {
      await shop.run(
        'orders',
        sql`UPDATE placed_order SET status = 'confirmed', ended_at = now() WHERE order_id = ${orderId}`,
      );
      return { entries: shop.entries };
    };
    expect(await audit.violations()).toEqual({});
    expect(await audit.counts()).toMatchObject({ C1: [1, 0] });
  });
});

describe('what cannot be read is said, and nothing is guessed', () => {
  test.each(AUDITED)('the database of %s', async (service) => {
    const blind = await openAudit(shop, {
      [`AUDIT_${service.toUpperCase()}_DATABASE_URL`]: 'postgres://nobody@127.0.0.1:1/nowhere',
    });
    const { body } = await request(blind.url).get('/audit').expect(503);
    await blind.stop();
    expect(body).toMatchObject({ code: 'unavailable', detail: `the database of ${service} cannot be read` });
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|nobody|nowhere/);
  });

  test('a database whose service has not migrated it yet', async () => {
    await shop.run('billing', sql`ALTER SCHEMA audit RENAME TO not_there_yet`);
    const { body } = await request(audit.service.url).get('/audit').expect(503);
    await shop.run('billing', sql`ALTER SCHEMA not_there_yet RENAME TO audit`);
    expect(body.detail).toBe('the database of billing cannot be read');
  });

  test("the provider's statement, for which it asks once", async () => {
    let asked = 0;
    shop.provider.handlers.statement = (_, { drop }) => {
      asked += 1;
      return drop();
    };
    const { body } = await request(audit.service.url).get('/audit').expect(503);
    expect(body).toMatchObject({ code: 'unavailable', detail: "the payment provider's statement cannot be read" });
    expect(asked).toBe(1);
  });

  test('a part that comes back is read again', async () => {
    shop.provider.handlers.statement = (_, { drop }) => drop();
    await request(audit.service.url).get('/audit').expect(503);
    shop.provider.handlers.statement = () => ({ entries: shop.entries });
    expect(await audit.violations()).toEqual({});
  });
});

test('while the provider writes its statement no transaction waits for it', async () => {
  await audit.plantEveryEnd();
  const waiting: string[] = [];
  const databases = Object.values(shop.stores).map(({ url }) => new URL(url).pathname.slice(1));
  shop.provider.handlers.statement = async () => {
    const { rows } = await sql<{ store: string }>`
      SELECT application_name AS store FROM pg_stat_activity
      WHERE state = 'idle in transaction' AND datname = ANY(${databases}) AND application_name LIKE 'audit-0 of %'
        AND application_name <> 'audit-0 of inventory'`.execute(shop.stores.orders.database.kysely);
    waiting.push(...rows.map(({ store }) => store));
    return { entries: shop.entries };
  };
  expect(await audit.violations()).toEqual({});
  expect(waiting).toEqual([]);
});

test('audits that are asked for at the same time share one', async () => {
  await audit.plantEveryEnd();
  const auditor = new Auditor(settings.load(environmentOf(shop)), logger('audit'));
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  shop.provider.handlers.statement = () => {
    begin();
    return { entries: shop.entries };
  };
  const first = auditor.report();
  await begun;
  // Each of these is owed an audit that begins after it was asked for.
  const later = Array.from({ length: 5 }, () => auditor.report());
  expect(new Set([first, ...later]).size).toBe(2);
  await Promise.all([first, ...later]);
  await auditor.onModuleDestroy();
  expect(shop.provider.calls).toHaveLength(2);
});

test('the audit reads as a role of its own', async () => {
  await audit.report();
  const { rows } = await sql`
    SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'audit-0 of orders'`.execute(
    shop.stores.orders.database.kysely,
  );
  expect(rows).toEqual([{ usename: 'stampede_audit' }]);
});

test('an audit that is not told where its databases are does not start, and names every one', () => {
  const load = () =>
    settings.load({ PROVIDER_URL: 'http://provider', AUDIT_ORDERS_DATABASE_URL: 'postgres://somewhere/orders' });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow(
    /AUDIT_INVENTORY_DATABASE_URL[\s\S]*AUDIT_PAYMENTS[\s\S]*AUDIT_NOTIFICATIONS[\s\S]*AUDIT_BILLING/,
  );
  expect(load).not.toThrow(/AUDIT_ORDERS_DATABASE_URL/);
});
