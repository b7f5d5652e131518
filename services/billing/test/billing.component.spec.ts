import { openBus, type Bus } from '@stampede/bus';
import { ORDERS_TOPIC, orderEventTypes, type CloudEvent } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { openService, type RunningService } from '@stampede/service-kit/testing';
import { sql } from 'kysely';
import { parts } from '../src/billing.module';
import { settings } from '../src/config';

let store: TestDatabase;
let busStore: TestDatabase;
let bus: Bus;
let replicas: RunningService[];

beforeAll(async () => {
  [store, busStore] = [await testDatabase('billing'), await testDatabase('bus')];
  replicas = [await open(), await open()];
  bus = await openBus({ embeddedUrl: busStore.url, clientId: 'spec' });
});
afterAll(async () => {
  await bus.close();
  for (const replica of replicas) await replica.stop();
  await store.drop();
  await busStore.drop();
});

function open(): Promise<RunningService> {
  const env = { BILLING_DATABASE_URL: store.url, BUS_DATABASE_URL: busStore.url };
  return openService({ settings, load: () => parts, env });
}

interface Told {
  orderId: string;
  eventId: string;
  sequence?: number;
  type?: string;
  data?: object;
}

function orderEvent({ orderId, eventId, sequence = 1, type = orderEventTypes.placed, data = {} }: Told): CloudEvent {
  const status = type.slice(type.lastIndexOf('.') + 1).replace('placed', 'pending');
  const order = {
    orderId,
    eventId,
    buyerId: uuidv7(),
    status,
    category: 'CAT2',
    quantity: 2,
    total: 5_000,
    currency: 'USD',
  };
  return {
    specversion: '1.0',
    id: uuidv7(),
    type,
    source: 'spec',
    time: '2026-06-11T18:00:00.000Z',
    subject: orderId,
    sequence,
    dataversion: '1',
    data: { ...order, ...data },
  };
}

/** An order from its beginning to its end. */
function told(
  eventId: string,
  end: keyof typeof orderEventTypes = 'confirmed',
  data: object = {},
): [CloudEvent, CloudEvent] {
  const orderId = uuidv7();
  return [
    orderEvent({ orderId, eventId, data }),
    orderEvent({ orderId, eventId, sequence: 2, type: orderEventTypes[end], data }),
  ];
}

async function tell(...events: CloudEvent[]): Promise<void> {
  await bus.publish(ORDERS_TOPIC, events);
  while ((await bus.lag(ORDERS_TOPIC, 'billing')) > 0);
}

async function usageOf(eventId: string): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT usage_id, order_id, tickets, revenue, currency, occurred_at FROM usage_event
    WHERE meter_subject = ${eventId} ORDER BY usage_id`.execute(store.database.kysely);
  return rows;
}

async function meterOf(eventId: string): Promise<unknown> {
  const answer = await fetch(`${replicas[0]?.adminUrl}/meters`);
  const { meters } = (await answer.json()) as { meters: { eventId: string }[] };
  return meters.find((meter) => meter.eventId === eventId);
}

test('a confirmed order is metered once, however often and wherever it is told', async () => {
  const eventId = uuidv7();
  const [placed, confirmed] = told(eventId);
  await tell(placed, confirmed, confirmed);
  await tell(confirmed, placed, confirmed);
  expect(await usageOf(eventId)).toEqual([
    {
      usage_id: confirmed.id,
      order_id: confirmed.subject,
      tickets: 2,
      revenue: 5_000,
      currency: 'USD',
      occurred_at: new Date('2026-06-11T18:00:00Z'),
    },
  ]);
});

test('orders that ended otherwise are not metered', async () => {
  const eventId = uuidv7();
  const events = (['declined', 'cancelled', 'refunded'] as const).flatMap((end) => told(eventId, end));
  await tell(...events);
  expect(await usageOf(eventId)).toEqual([]);
  const ids = events.map(({ id }) => id);
  const applied = await sql`
    SELECT count(*) AS events FROM audit.applied_events WHERE event_id = ANY(${ids}::uuid[])`.execute(
    store.database.kysely,
  );
  expect(applied.rows).toEqual([{ events: 6 }]);
});

test('an end that arrives before its beginning is metered when the beginning is there', async () => {
  const eventId = uuidv7();
  const [placed, confirmed] = told(eventId);
  await tell(confirmed);
  expect(await usageOf(eventId)).toEqual([]);
  await tell(placed);
  expect(await usageOf(eventId)).toHaveLength(1);
});

test('an event that cannot be read becomes a dead letter, and holds up nothing that came before it', async () => {
  const eventId = uuidv7();
  const [placed, poison] = told(eventId, 'confirmed', { total: 1.5 });
  await bus.publish(ORDERS_TOPIC, [poison]);
  // Its attempts are 17 s apart in all: that four of them are over is written where the bus keeps it.
  const skipped = sql`
    UPDATE group_position SET failures = 4, retry_at = now()
    WHERE topic = ${ORDERS_TOPIC} AND group_name = 'billing' AND failures = 1 RETURNING 1 AS done`;
  while ((await skipped.execute(busStore.database.kysely)).rows.length === 0);
  await tell(placed);
  expect(await usageOf(eventId)).toEqual([]);
  const letters = await sql`SELECT payload FROM event WHERE topic = ${`${ORDERS_TOPIC}.dead-letter`}`.execute(
    busStore.database.kysely,
  );
  expect(letters.rows).toEqual([{ payload: expect.stringContaining(poison.id) }]);
  const listed = await (await fetch(`${replicas[0]?.adminUrl}/dead-letters`)).json();
  expect(listed).toEqual({
    deadLetters: [expect.objectContaining({ group: 'billing', subject: poison.subject, sequence: poison.sequence })],
  });
});

test('what was metered stays as it was', async () => {
  const eventId = uuidv7();
  await tell(...told(eventId));
  const { kysely } = store.database;
  await expect(
    sql`UPDATE usage_event SET tickets = 1 WHERE meter_subject = ${eventId}`.execute(kysely),
  ).rejects.toThrow(/stays so/);
  await expect(sql`DELETE FROM usage_event WHERE meter_subject = ${eventId}`.execute(kysely)).rejects.toThrow(
    /stays so/,
  );
  expect(await usageOf(eventId)).toHaveLength(1);
});

test('the meters show tickets and revenue by match and currency', async () => {
  const [eventId, other] = [uuidv7(), uuidv7()];
  await tell(
    ...told(eventId),
    ...told(eventId, 'confirmed', { quantity: 1, total: 700 }),
    ...told(other),
    ...told(eventId, 'declined'),
  );
  await tell(...told(eventId, 'confirmed', { quantity: 4, total: 90, currency: 'CAD' }));
  expect(await meterOf(eventId)).toEqual({ eventId, orders: 3, tickets: 7, revenue: { USD: 5_700, CAD: 90 } });
});

test('the audit may read what was applied, and nothing else', async () => {
  const asAudit = (statement: string) =>
    store.database.kysely.transaction().execute(async (tx) => {
      await sql`SET LOCAL ROLE stampede_audit`.execute(tx);
      return sql.raw(statement).execute(tx);
    });
  const { rows } = await asAudit('SELECT consumer, topic FROM audit.expected');
  expect(rows).toEqual([{ consumer: 'billing.orders', topic: ORDERS_TOPIC }]);
  await asAudit('SELECT * FROM audit.applied_events, audit.parked_events');
  await expect(asAudit('SELECT * FROM usage_event')).rejects.toThrow(/permission denied/);
});

test('the lag is on the admin port', async () => {
  const metrics = await (await fetch(`${replicas[0]?.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(new RegExp(`stampede_bus_lag\\{.*topic="${ORDERS_TOPIC}".*\\} 0`));
  expect(metrics).toMatch(/stampede_inbox_parked\{.*\} 0/);
});
