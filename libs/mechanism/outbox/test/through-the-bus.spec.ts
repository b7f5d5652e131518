import { type Bus, openBus } from '@stampede/bus';
import { migrate, uuidv7 } from '@stampede/db';
import { type TestDatabase, testDatabase } from '@stampede/db/testing';
import { sql } from 'kysely';
import { OutboxRelay, appendEvent, applyOnce, inboxMigration, outboxMigration } from '../src';

let producer: TestDatabase;
let consumer: TestDatabase;
let broker: TestDatabase;
let bus: Bus;

beforeAll(async () => {
  [producer, consumer, broker] = await Promise.all(
    ['orders', 'billing', 'bus'].map((name) => testDatabase(name)) as [
      Promise<TestDatabase>,
      Promise<TestDatabase>,
      Promise<TestDatabase>,
    ],
  );
  await migrate(producer.database, [outboxMigration]);
  await migrate(consumer.database, [inboxMigration]);
  await sql`create table effect (n bigint generated always as identity, subject text, sequence int)`.execute(
    consumer.database.kysely,
  );
  bus = await openBus({ embeddedUrl: broker.url, clientId: 'spec' });
});
afterAll(async () => {
  await bus.close();
  await Promise.all([producer.drop(), consumer.drop(), broker.drop()]);
});

test('what two relays publish, some of it twice, is applied once and in order, though effects fail', async () => {
  const subjects = Array.from({ length: 4 }, () => uuidv7());
  const total = subjects.length * 4;
  const all = Promise.withResolvers<void>();
  const subscription = await bus.subscribe({
    topic: 'stampede.orders',
    group: 'billing',
    retryDelayMs: () => 1,
    onEvent: async (event, { attempt }) => {
      await consumer.database.transaction((tx) =>
        applyOnce(tx, 'billing', event, async () => {
          await sql`insert into effect (subject, sequence) values (${event.subject}, ${event.sequence})`.execute(tx);
          if (attempt === 1 && event.sequence % 2 === 0) {
            throw new Error('lost its database for a moment');
          }
        }),
      );
      if ((await appliedEvents()) === total) {
        all.resolve();
      }
    },
  });
  const relays = [0, 1].map(() => new OutboxRelay(producer.database, bus, { source: 'orders', batchSize: 3 }));
  relays.forEach((relay) => relay.start());
  for (let index = 0; index < total; index++) {
    const event = { type: 'order.changed', source: 'orders', subject: subjects[index % subjects.length]!, data: {} };
    await producer.database.transaction((tx) => appendEvent(tx, event));
    await forgetThatOddOnesWerePublished();
    relays[index % 2]!.kick();
  }
  await all.promise;
  await Promise.all([...relays.map((relay) => relay.stop()), subscription.stop()]);
  for (const subject of subjects) {
    const { rows } = await sql<{ sequence: number }>`
      select sequence from effect where subject = ${subject} order by n`.execute(consumer.database.kysely);
    expect(rows.map((row) => row.sequence)).toEqual([1, 2, 3, 4]);
  }
});

async function appliedEvents(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from inbox`.execute(
    consumer.database.kysely,
  );
  return rows[0]!.count;
}

/** What a relay leaves that published, and crashed before it could mark it. In a transaction: it may meet a relay's. */
async function forgetThatOddOnesWerePublished(): Promise<void> {
  await producer.database.transaction((tx) =>
    sql`update outbox set published_at = null where sequence % 2 = 1`.execute(tx),
  );
}
