import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { migrate, openDatabase } from './index';
import { testDatabase, type TestDatabase } from './testing/index';

let home: string;
let db: TestDatabase;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'migrations-'));
  db = await testDatabase('migrate');
});
afterEach(async () => {
  await db.drop();
  await rm(home, { recursive: true });
});

/** Writes the files of one directory and returns its path. */
async function directory(name: string, files: Record<string, string>): Promise<string> {
  const path = join(home, name);
  await mkdir(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
  return path;
}

const tables = async (): Promise<string[]> => {
  const found = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_name not like 'kysely%' order by 1`.execute(db.database.kysely);
  return found.rows.map((row) => row.name);
};

test('files are applied once, directory by directory in the order given, and the new names returned', async () => {
  const lib = await directory('lib', {
    '0002_b.sql': 'create table b (a int references a)',
    '0001_a.sql': 'create table a (id int primary key); insert into a values (1)',
  });
  const own = await directory('own', {
    '0001_view.sql': 'create view v as select * from b',
    'README.md': 'not a migration',
  });
  expect(await migrate(db.database, [lib, own])).toEqual(['0001_a', '0002_b', '0001_view']);
  expect(await migrate(db.database, [lib, own])).toEqual([]);
  expect(await tables()).toEqual(['a', 'b', 'v']);
  await directory('lib', { '0003_c.sql': 'create table c (id int)' });
  expect(await migrate(db.database, [lib, own])).toEqual(['0003_c']);
});

test('replicas that start at the same time migrate once', async () => {
  const own = await directory('own', {
    '0001_a.sql': 'create table a (id int)',
    '0002_slow.sql': 'select pg_sleep(0.2)',
  });
  const replicas = [1, 2, 3].map((n) =>
    openDatabase({ url: db.url, applicationName: `replica ${n}`, statementTimeoutMs: 50 }),
  );
  const applied = await Promise.all(replicas.map((replica) => migrate(replica, [own])));
  expect(applied.flat().toSorted()).toEqual(['0001_a', '0002_slow']);
  await Promise.all(replicas.map((replica) => replica.close()));
});

test('a migration that fails is named and leaves nothing behind', async () => {
  const own = await directory('own', {
    '0001_a.sql': 'create table a (id int)',
    '0002_broken.sql': 'create table b (id int); select nonsense',
  });
  await expect(migrate(db.database, [own])).rejects.toThrow(
    'migration 0002_broken failed: column "nonsense" does not exist',
  );
  expect(await tables()).toEqual([]);
});

test('the version before runs on a database that is ahead', async () => {
  const own = await directory('own', { '0001_a.sql': 'create table a (id int)' });
  const newer = await directory('newer', {
    '0001_a.sql': 'create table a (id int)',
    '0002_b.sql': 'create table b (id int)',
  });
  await migrate(db.database, [newer]);
  expect(await migrate(db.database, [own])).toEqual([]);
  expect(await tables()).toEqual(['a', 'b']);
});

test('a misnamed file and a name used twice are refused before anything is applied', async () => {
  const own = await directory('own', { '0001_a.sql': 'create table a (id int)' });
  const twice = await directory('twice', { '0001_a.sql': 'create table b (id int)' });
  const misnamed = await directory('misnamed', { 'add-index.sql': '' });
  await expect(migrate(db.database, [own, twice])).rejects.toThrow('two directories have a migration 0001_a.sql');
  await expect(migrate(db.database, [misnamed])).rejects.toThrow('add-index.sql is not named 000N_<what>.sql');
  expect(await tables()).toEqual([]);
});
