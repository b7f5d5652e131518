import { openBus, type Bus } from '@stampede/bus';
import { BUYERS_TOPIC, ORDERS_TOPIC, buyerEventTypes, orderEventTypes, type CloudEvent } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { openService, type RunningService } from '@stampede/service-kit/testing';
import { sql } from 'kysely';
import { settings } from '../src/config';
import { parts } from '../src/notifications.module';

const EMAIL = 'ada@example.com';

let store: TestDatabase;
let busStore: TestDatabase;
let bus: Bus;
let replicas: RunningService[];

beforeAll(async () => {
  [store, busStore] = [await testDatabase('notifications'), await testDatabase('bus')];
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
  const env = { NOTIFICATIONS_DATABASE_URL: store.url, BUS_DATABASE_URL: busStore.url };
  return openService({ settings, load: () => parts, env });
}

interface Told {
  orderId?: string;
  buyerId?: string;
  sequence?: number;
  type?: string;
  data?: object;
}

function orderEvent({
  orderId = uuidv7(),
  buyerId = uuidv7(),
  sequence = 1,
  type = orderEventTypes.placed,
  data = {},
}: Told = {}): CloudEvent {
  const status = type.slice(type.lastIndexOf('.') + 1).replace('placed', 'pending');
  const order = {
    orderId,
    eventId: uuidv7(),
    buyerId,
    status,
    category: 'CAT2',
    quantity: 2,
    total: 5_000,
    currency: 'USD',
  };
  return cloudEvent(type, orderId, sequence, { ...order, ...data });
}

function cloudEvent(type: string, subject: string, sequence: number, data: unknown): CloudEvent {
  const time = new Date().toISOString();
  return { specversion: '1.0', id: uuidv7(), type, source: 'spec', time, subject, sequence, dataversion: '1', data };
}

function registered(buyerId: string, email = EMAIL): CloudEvent {
  return cloudEvent(buyerEventTypes.registered, buyerId, 1, { buyerId, email });
}

async function allHandled(topic: string): Promise<void> {
  while ((await bus.lag(topic, 'notifications')) > 0);
}

async function tell(topic: string, ...events: CloudEvent[]): Promise<void> {
  await bus.publish(topic, events);
  await allHandled(topic);
}

async function mailOf(
  buyerId: string,
): Promise<{ order_id: string; subject: string; body: string; address: string | null }[]> {
  const { rows } = await sql<{ order_id: string; subject: string; body: string; address: string | null }>`
    SELECT order_id, subject, body, address FROM mail WHERE buyer_id = ${buyerId} ORDER BY order_id`.execute(
    store.database.kysely,
  );
  return rows;
}

async function applied(orderId: string): Promise<{ event_id: string; sequence: number }[]> {
  const { rows } = await sql<{ event_id: string; sequence: number }>`
    SELECT event_id, sequence FROM audit.applied_events WHERE order_id = ${orderId} ORDER BY sequence`.execute(
    store.database.kysely,
  );
  return rows;
}

test.each(['confirmed', 'declined', 'cancelled', 'refunded'] as const)(
  'a buyer gets one letter of an order that was %s',
  async (end) => {
    const [orderId, buyerId] = [uuidv7(), uuidv7()];
    await tell(BUYERS_TOPIC, registered(buyerId));
    const placed = orderEvent({ orderId, buyerId });
    const ended = orderEvent({ orderId, buyerId, sequence: 2, type: orderEventTypes[end] });
    await tell(ORDERS_TOPIC, placed, ended);
    await tell(ORDERS_TOPIC, placed, ended, ended);
    expect(await mailOf(buyerId)).toEqual([
      {
        order_id: orderId,
        subject: expect.any(String),
        body: expect.stringContaining('2 tickets in CAT2'),
        address: EMAIL,
      },
    ]);
    expect(await applied(orderId)).toEqual([
      { event_id: placed.id, sequence: 1 },
      { event_id: ended.id, sequence: 2 },
    ]);
  },
);

test('an end that arrives before its beginning waits for it, and then takes effect once', async () => {
  const [orderId, buyerId] = [uuidv7(), uuidv7()];
  const placed = orderEvent({ orderId, buyerId });
  const ended = orderEvent({ orderId, buyerId, sequence: 2, type: orderEventTypes.confirmed });
  await tell(ORDERS_TOPIC, ended, ended);
  expect(await mailOf(buyerId)).toEqual([]);
  const parked =
    await sql`SELECT event_id, order_id, sequence FROM audit.parked_events WHERE order_id = ${orderId}`.execute(
      store.database.kysely,
    );
  expect(parked.rows).toEqual([{ event_id: ended.id, order_id: orderId, sequence: 2 }]);
  await tell(ORDERS_TOPIC, placed, ended);
  expect(await mailOf(buyerId)).toHaveLength(1);
  expect(await applied(orderId)).toHaveLength(2);
});

test('letters wait for an address that comes later, and each is delivered to it', async () => {
  const buyerId = uuidv7();
  const events = [1, 2].flatMap(() => {
    const orderId = uuidv7();
    return [
      orderEvent({ orderId, buyerId }),
      orderEvent({ orderId, buyerId, sequence: 2, type: orderEventTypes.confirmed }),
    ];
  });
  await tell(ORDERS_TOPIC, ...events);
  expect((await mailOf(buyerId)).map(({ address }) => address)).toEqual([null, null]);
  await tell(BUYERS_TOPIC, registered(buyerId));
  expect((await mailOf(buyerId)).map(({ address }) => address)).toEqual([EMAIL, EMAIL]);
});

test('no letter is left behind when the address arrives at the same moment', async () => {
  const { kysely } = store.database;
  const [orderId, buyerId] = [uuidv7(), uuidv7()];
  await tell(ORDERS_TOPIC, orderEvent({ orderId, buyerId }));
  await kysely.transaction().execute(async (arriving) => {
    await sql`INSERT INTO buyer (buyer_id, email, learnt_at) VALUES (${buyerId}, ${EMAIL}, now())`.execute(arriving);
    await bus.publish(ORDERS_TOPIC, [orderEvent({ orderId, buyerId, sequence: 2, type: orderEventTypes.confirmed })]);
    const waiting = sql`
      SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
      UNION SELECT 1 FROM mail WHERE order_id = ${orderId}`;
    while ((await waiting.execute(kysely)).rows.length === 0);
  });
  await allHandled(ORDERS_TOPIC);
  expect((await mailOf(buyerId)).map(({ address }) => address)).toEqual([EMAIL]);
});

test('an event that cannot be read becomes a dead letter, and holds up nothing that came before it', async () => {
  const [orderId, buyerId] = [uuidv7(), uuidv7()];
  const poison = orderEvent({
    orderId,
    buyerId,
    sequence: 2,
    type: orderEventTypes.confirmed,
    data: { quantity: 'two' },
  });
  await bus.publish(ORDERS_TOPIC, [poison]);
  // Its attempts are 17 s apart in all: that four of them are over is written where the bus keeps it.
  const skipped = sql`
    UPDATE group_position SET failures = 4, retry_at = now()
    WHERE topic = ${ORDERS_TOPIC} AND group_name = 'notifications' AND failures = 1 RETURNING 1 AS done`;
  while ((await skipped.execute(busStore.database.kysely)).rows.length === 0);
  await tell(ORDERS_TOPIC, orderEvent({ orderId, buyerId }));
  expect(await applied(orderId)).toHaveLength(1);
  expect(await mailOf(buyerId)).toEqual([]);
  const letters = await sql`SELECT payload FROM event WHERE topic = ${`${ORDERS_TOPIC}.dead-letter`}`.execute(
    busStore.database.kysely,
  );
  expect(letters.rows).toEqual([{ payload: expect.stringContaining(poison.id) }]);
});

test('types of later versions are passed over, and keep the order of the rest', async () => {
  const [orderId, buyerId] = [uuidv7(), uuidv7()];
  const ended = orderEvent({ orderId, buyerId, sequence: 3, type: orderEventTypes.confirmed });
  await tell(
    ORDERS_TOPIC,
    orderEvent({ orderId, buyerId }),
    orderEvent({ orderId, buyerId, sequence: 2, type: 'stampede.order.gifted' }),
    ended,
  );
  expect(await applied(orderId)).toHaveLength(3);
  expect(await mailOf(buyerId)).toHaveLength(1);
});

test('the audit may read what was applied, and nothing else', async () => {
  const kysely = store.database.kysely;
  const asAudit = (statement: string) =>
    kysely.transaction().execute(async (tx) => {
      await sql`SET LOCAL ROLE stampede_audit`.execute(tx);
      return sql.raw(statement).execute(tx);
    });
  const { rows } = await asAudit('SELECT consumer, topic FROM audit.expected ORDER BY topic');
  expect(rows).toEqual([
    { consumer: 'notifications.buyers', topic: BUYERS_TOPIC },
    { consumer: 'notifications.orders', topic: ORDERS_TOPIC },
  ]);
  await asAudit('SELECT * FROM audit.applied_events, audit.parked_events');
  await expect(asAudit('SELECT * FROM mail')).rejects.toThrow(/permission denied/);
  await expect(asAudit('SELECT * FROM buyer')).rejects.toThrow(/permission denied/);
});

test('the lag of both topics is on the admin port', async () => {
  const metrics = await (await fetch(`${replicas[0]?.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/stampede_inbox_parked\{.*\} 0/);
  for (const topic of [ORDERS_TOPIC, BUYERS_TOPIC])
    expect(metrics).toMatch(new RegExp(`stampede_bus_lag\\{.*topic="${topic}".*\\} 0`));
});
