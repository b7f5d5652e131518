import { type Database, migrate, uuidv7 } from '@stampede/db';
import { type TestDatabase, testDatabase } from '@stampede/db/testing';
import { sql } from 'kysely';
import { OutboxRelay, appendEvent, applyOnce, inboxMigration, outboxMigration, purgeInbox } from '../src';
import { RecordingBus } from './recording-bus';

const WEEK_MS = 7 * 86_400_000;
const eightDaysAgo = sql`clock_timestamp() - interval '8 days'`;

let db: TestDatabase;
let database: Database;

beforeAll(async () => {
  db = await testDatabase('outbox_purge');
  database = db.database;
  await migrate(database, [outboxMigration, inboxMigration]);
});
afterAll(() => db.drop());

function append(subject: string) {
  const event = { type: 'order.changed', source: 'orders', subject, data: {} };
  return database.transaction((tx) => appendEvent(tx, event));
}

test('rows are purged a week after they were published; what is still owed and what is younger stays', async () => {
  const [old, young, stuck] = [uuidv7(), uuidv7(), uuidv7()];
  await Promise.all([append(old), append(young), append(stuck)]);
  await sql`
    update outbox set
      created_at = case when subject = ${young} then created_at else ${eightDaysAgo} end,
      published_at = case subject when ${young} then created_at when ${old} then ${eightDaysAgo} end`.execute(
    database.kysely,
  );
  const relay = new OutboxRelay(database, new RecordingBus(), { source: 'orders' });
  expect(await relay.purge()).toBe(1);
  const { rows } = await sql<{ subject: string }>`select subject from outbox`.execute(database.kysely);
  expect(rows.map((row) => row.subject).toSorted()).toEqual([young, stuck].toSorted());
  expect(await append(old)).toMatchObject({ sequence: 2 }); // the count goes on
});

test('old marks of the inbox can be purged, and their events stay known', async () => {
  const event = {
    specversion: '1.0' as const,
    id: uuidv7(),
    type: 'order.changed',
    source: 'orders',
    time: '2026-06-11T18:00:00.000Z',
    subject: uuidv7(),
    sequence: 1,
    dataversion: '1',
    data: {},
  };
  const deliver = () => database.transaction((tx) => applyOnce(tx, 'billing', event, async () => undefined));
  await deliver();
  expect(await purgeInbox(database, { keepMs: WEEK_MS })).toBe(0);
  await sql`update inbox set applied_at = ${eightDaysAgo}`.execute(database.kysely);
  expect(await purgeInbox(database, { keepMs: WEEK_MS })).toBe(1);
  expect(await deliver()).toBe('duplicate');
});
