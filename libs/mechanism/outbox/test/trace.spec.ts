import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type Database, migrate, uuidv7 } from '@stampede/db';
import { type TestDatabase, testDatabase } from '@stampede/db/testing';
import { sql } from 'kysely';
import { appendEvent, outboxMigration } from '../src';

let db: TestDatabase;
let database: Database;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  db = await testDatabase('outbox_trace');
  database = db.database;
  await migrate(database, [outboxMigration]);
});
afterAll(() => db.drop());

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

async function traceparentOf(append: () => Promise<{ id: string }>): Promise<string | null> {
  const { id } = await append();
  const { rows } = await sql<{ traceparent: string | null }>`select traceparent from outbox where id = ${id}`.execute(
    database.kysely,
  );
  return rows[0]!.traceparent;
}

test.each([
  ['sampled', 1, '01'],
  ['unsampled', 0, '00'],
])('an event carries the trace of the transaction that appended it, %s', async (_, traceFlags, flags) => {
  const active = trace.setSpanContext(context.active(), { traceId, spanId, traceFlags });
  const event = { type: 'order.placed', source: 'orders', subject: uuidv7(), data: {} };
  const append = () => context.with(active, () => database.transaction((tx) => appendEvent(tx, event)));
  expect(await traceparentOf(append)).toBe(`00-${traceId}-${spanId}-${flags}`);
});

test('outside of a trace it carries none', async () => {
  const event = { type: 'order.placed', source: 'orders', subject: uuidv7(), data: {} };
  expect(await traceparentOf(() => database.transaction((tx) => appendEvent(tx, event)))).toBeNull();
});
