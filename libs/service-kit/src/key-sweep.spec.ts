import { idempotencyMigration, migrate } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { sql } from 'kysely';
import { KeySweep } from './key-sweep';
import type { Log } from './nest-logger';

/** More than one batch of the store, so that a sweep that stops after the first is seen. */
const OVER = 5_001;
const HOUR_MS = 3_600_000;

let store: TestDatabase;
let sweep: KeySweep;
let lines: string[];

beforeAll(async () => {
  store = await testDatabase('keys');
  await migrate(store.database, [idempotencyMigration]);
});
afterAll(() => store.drop());

beforeEach(async () => {
  await sql`truncate idempotency_key`.execute(store.database.kysely);
  lines = [];
  const say = (level: string) => (fields: object) => void lines.push(`${level} ${JSON.stringify(fields)}`);
  const log: Log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  sweep = new KeySweep(store.database, log);
  await keep('over', -1, OVER);
  await keep('good', 1);
});
afterEach(() => jest.useRealTimers());

/** Keys that are kept for that many minutes from now. */
async function keep(key: string, minutes: number, count = 1): Promise<void> {
  await sql`
    insert into idempotency_key (caller, route, key, fingerprint, resource_id, claim_id, expires_at, status)
    select 'b1', 'POST /orders', ${key} || n, '', gen_random_uuid(), gen_random_uuid(),
      clock_timestamp() + ${minutes} * interval '1 minute', 202
    from generate_series(1, ${count}::integer) as n`.execute(store.database.kysely);
}

async function kept(): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`select key from idempotency_key order by key`.execute(
    store.database.kysely,
  );
  return rows.map(({ key }) => key);
}

test('a sweep forgets every key whose time is over, and no other', async () => {
  expect(await sweep.sweep()).toBe(OVER);
  expect(await kept()).toEqual(['good1']);
});

test('keys are swept within the first hour and every hour from then on, until the service stops', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date', 'performance'] });
  sweep.onApplicationBootstrap();
  jest.advanceTimersByTime(HOUR_MS);
  await lineAfter(0);
  expect(await kept()).toEqual(['good1']);

  await keep('late', -1);
  jest.advanceTimersByTime(HOUR_MS);
  await lineAfter(1);
  expect(await kept()).toEqual(['good1']);
  expect(lines).toEqual([`info {"count":${OVER}}`, 'info {"count":1}']);

  await sweep.onModuleDestroy();
  await keep('later', -1);
  jest.advanceTimersByTime(2 * HOUR_MS);
  await sweep.onModuleDestroy();
  expect(await kept()).toEqual(['good1', 'later1']);
});

test('a sweep that fails is told of, and the next one comes all the same', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date', 'performance'] });
  await sql`alter table idempotency_key rename to elsewhere`.execute(store.database.kysely);
  sweep.onApplicationBootstrap();
  jest.advanceTimersByTime(HOUR_MS);
  await lineAfter(0);
  await sql`alter table elsewhere rename to idempotency_key`.execute(store.database.kysely);
  jest.advanceTimersByTime(HOUR_MS);
  await lineAfter(1);
  expect(lines).toEqual([expect.stringMatching(/^warn /), `info {"count":${OVER}}`]);
  await sweep.onModuleDestroy();
});

/** Waits for the sweep under way to say how it went. */
async function lineAfter(count: number): Promise<void> {
  while (lines.length === count) await new Promise((resolve) => setImmediate(resolve));
}
