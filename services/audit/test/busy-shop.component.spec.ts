import { orderEventTypes, type AuditReport } from '@stampede/contracts';
import { uuidv7, type Tx } from '@stampede/db';
import { openService, type RunningService } from '@stampede/service-kit/testing';
import { sql } from 'kysely';
import request from 'supertest';
import { parts } from '../src/audit.module';
import { AUDITED, settings } from '../src/config';
import { PlantedShop } from './planted-shop';

const TOTAL = 4_000;
const AUDITS = 12;
const SELLERS = 6;

let shop: PlantedShop;
let audit: RunningService;

beforeAll(async () => {
  shop = await PlantedShop.open();
  await shop.empty();
  const stores = AUDITED.map((service) => [`AUDIT_${service.toUpperCase()}_DATABASE_URL`, shop.stores[service].url]);
  audit = await openService({
    settings,
    load: () => parts,
    env: { ...Object.fromEntries(stores), PROVIDER_URL: shop.provider.url },
  });
});
afterAll(async () => {
  await audit.stop();
  await shop.close();
});

interface Sale {
  readonly orderId: string;
  readonly holdId: string;
  readonly eventId: string;
  readonly currency: string;
}

/**
 * One order, written to the stores in the order in which the services do: each step is one transaction, and rests on
 * those before.
 */
async function sell(end: 'confirmed' | 'declined' | 'refunded'): Promise<void> {
  const sale = { orderId: uuidv7(), holdId: uuidv7(), eventId: uuidv7(), currency: 'USD' };
  await hold(sale);
  const placed = await place(sale);
  await shop.run('inventory', sql`UPDATE hold SET state = 'sold' WHERE hold_id = ${sale.holdId}`);
  const applied = apply(sale, 1, placed);
  await shop.run('payments', sql`INSERT INTO payment (order_id) VALUES (${sale.orderId})`);
  await shop.run(
    'payments',
    sql`INSERT INTO capture (order_id, attempt, key, status, amount, currency)
      VALUES (${sale.orderId}, 1, ${sale.orderId}::uuid::text, 'intent', ${TOTAL}, 'USD')`,
  );
  if (end !== 'declined') shop.moved('capture', sale.orderId, TOTAL);
  await shop.run('payments', sql`UPDATE capture SET status = 'captured' WHERE order_id = ${sale.orderId}`);
  if (end === 'refunded') shop.moved('refund', `${sale.orderId}.refund`, TOTAL);
  if (end !== 'confirmed') await free(sale);
  await applied;
  await apply(sale, 2, await finish(sale, end));
}

async function hold({ orderId, holdId, eventId }: Sale): Promise<void> {
  await shop.stores.inventory.database.transaction(async (tx) => {
    await sql`INSERT INTO block VALUES (${eventId}, 'CAT1', 4)`.execute(tx);
    await sql`INSERT INTO section VALUES (${eventId}, 'CAT1', 0, ARRAY[12], 2, 2)`.execute(tx);
    await sql`INSERT INTO hold (hold_id, event_id, category, buyer_id, seat_indexes, state, order_id, quote, expires_at)
      VALUES (${holdId}, ${eventId}, 'CAT1', ${uuidv7()}, ARRAY[0, 1], 'claimed', ${orderId}, '{}', now())`.execute(tx);
  });
}

async function free({ holdId, eventId }: Sale): Promise<void> {
  await shop.stores.inventory.database.transaction(async (tx) => {
    await sql`UPDATE hold SET state = 'released' WHERE hold_id = ${holdId}`.execute(tx);
    await sql`UPDATE section SET free_masks = ARRAY[15] WHERE event_id = ${eventId}`.execute(tx);
  });
}

function place(sale: Sale): Promise<string> {
  const seats = JSON.stringify([1, 2].map((number) => ({ section: '101', row: 'A', number })));
  return shop.stores.orders.database.transaction(async (tx) => {
    await sql`INSERT INTO placed_order (order_id, buyer_id, event_id, hold_id, category, seats, total, currency,
        timeline, deadline_at)
      VALUES (${sale.orderId}, ${uuidv7()}, ${sale.eventId}, ${sale.holdId}, 'CAT1', ${seats}::jsonb, ${TOTAL}, 'USD',
        '[]', now() + interval '120 s')`.execute(tx);
    return tell(tx, sale, 1, orderEventTypes.placed);
  });
}

function finish(sale: Sale, end: 'confirmed' | 'declined' | 'refunded'): Promise<string> {
  return shop.stores.orders.database.transaction(async (tx) => {
    await sql`UPDATE placed_order SET status = ${end}, ended_at = now() WHERE order_id = ${sale.orderId}`.execute(tx);
    return tell(tx, sale, 2, orderEventTypes[end]);
  });
}

async function tell(tx: Tx, { orderId }: Sale, sequence: number, type: string): Promise<string> {
  const id = uuidv7();
  await sql`INSERT INTO outbox (topic, subject, sequence, id, type, source, dataversion, data, bucket)
    VALUES ('stampede.orders', ${orderId}, ${sequence}, ${id}, ${type}, 'orders', '1', '{}', 0)`.execute(tx);
  return id;
}

/**
 * The bus brings it to one consumer after the other, and the relay notes that it was published at some time or other.
 */
async function apply({ orderId }: Sale, sequence: number, eventId: string): Promise<void> {
  for (const store of ['billing', 'notifications'] as const) {
    await shop.run(
      store,
      sql`INSERT INTO inbox (consumer, event_id, subject, sequence)
        VALUES (${`${store}.orders`}, ${eventId}, ${orderId}, ${sequence})`,
    );
  }
  await shop.run('orders', sql`UPDATE outbox SET published_at = now() WHERE id = ${eventId}`);
}

test('a busy shop gives no false alarm, and at rest again nothing is in flight', async () => {
  const ends = ['confirmed', 'declined', 'refunded'] as const;
  let sold = 0;
  let open = true;
  const seller = async () => {
    for (; open; sold += 1) await sell(ends[sold % 3] ?? 'confirmed');
  };
  const sellers = Array.from({ length: SELLERS }, seller);
  let inFlight = 0;
  for (let n = 0; n < AUDITS; n += 1) {
    await request(audit.url).get('/audit?since=1').expect(400);
    const { body } = await request(audit.url).get('/audit').expect(200);
    const { invariants } = body as AuditReport;
    expect(invariants.flatMap(({ violations }) => violations)).toEqual([]);
    inFlight += invariants[0]?.inFlight ?? 0;
  }
  open = false;
  await Promise.all(sellers);
  expect(inFlight).toBeGreaterThan(0);
  const { body } = await request(audit.url).get('/audit').expect(200);
  const { invariants } = body as AuditReport;
  expect(invariants.map(({ id, holds, inFlight: left }) => [id, holds, left])).toEqual(
    ['C1', 'C2', 'C3', 'C4', 'C5'].map((id) => [id, true, 0]),
  );
  expect(invariants[0]?.checked).toBe(sold);
});
