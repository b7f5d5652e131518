import { migrate, openDatabase, type Database } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { sql } from 'kysely';
import { behavesLikeAKv, until } from './behaviour.suite';
import { kvMigration, openEmbeddedKv, sweep } from './embedded';

let store: TestDatabase;
const opened: Database[] = [];

beforeAll(async () => {
  store = await testDatabase('kv');
  await migrate(store.database, [kvMigration]);
});
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await store.drop();
});

behavesLikeAKv('PostgreSQL', async () => {
  const database = openDatabase({ url: store.url, applicationName: 'kv-spec' });
  opened.push(database);
  return openEmbeddedKv(database);
});

test('the sweep deletes what has expired and nothing else', async () => {
  const kv = openEmbeddedKv(store.database);
  const brief = { ttlMs: 1 };
  await Promise.all(['a', 'b'].map((key) => kv.set(`brief-${key}`, 'gone', brief)));
  await kv.set('kept', 'here', { ttlMs: 60_000 });
  await kv.addAll([
    { key: 'brief', by: 1, ...brief },
    { key: 'kept', by: 1, ttlMs: 60_000 },
  ]);
  await kv.reserveSlot('swept', 'brief', { intervalMs: 0, keepMs: 1 });
  await kv.reserveSlot('swept', 'kept', { intervalMs: 0, keepMs: 60_000 });
  await until(async () => (await kv.readSlot('swept', 'brief')) === null && (await kv.get('brief-b')) === null);
  await sweep(store.database);
  const { rows } = await sql<{ name: string }>`
    select key as name from kv_entry where key like 'brief%' or key = 'kept'
    union all select 'counter ' || key from kv_counter where key in ('brief', 'kept')
    union all select 'slot ' || member from kv_slot where line = 'swept' order by name`.execute(store.database.kysely);
  expect(rows.map(({ name }) => name)).toEqual(['counter kept', 'kept', 'slot kept']);
  await kv.close();
});
