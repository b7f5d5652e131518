import { sql } from 'kysely';
import { ensureDatabase, isTransient, openDatabase, type Database, type Tx } from './index';
import { dropDatabase, testDatabase, type TestDatabase } from './testing/index';
import { collector } from './testing/collector';

/** What every PostgreSQL behind the port must do, embedded or external. `server()` is asked when the tests run. */
export function behaviourOfDatabase(kind: string, server: () => string): void {
  describe(`a database on ${kind}`, () => {
    let db: TestDatabase;
    beforeAll(async () => {
      db = await testDatabase('behaviour', server());
      await sql`create table item (id int primary key, count int not null)`.execute(db.database.kysely);
      await sql`insert into item values (1, 0), (2, 0)`.execute(db.database.kysely);
    });
    afterAll(() => db.drop());
    transactions(() => db);
    values(() => db);
    connections(() => db);
    notifications(() => db);
    creation(server);
  });
}

function transactions(db: () => TestDatabase): void {
  const countOf = async (id: number): Promise<number | undefined> => {
    const found = await sql<{ count: number }>`select count from item where id = ${id}`.execute(db().database.kysely);
    return found.rows[0]?.count;
  };

  test('a transaction commits all or nothing', async () => {
    const before = await countOf(1);
    const failed = db().database.transaction(async (tx) => {
      await sql`update item set count = count + 1 where id = 1`.execute(tx);
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await countOf(1)).toBe(before);
  });

  test('an effect on commit runs once, after the commit, and not after a rollback', async () => {
    const { database } = db();
    const effects: string[] = [];
    await database.transaction(async (tx) => {
      database.onCommit(tx, () => effects.push('committed'));
      expect(effects).toEqual([]);
    });
    const failed = database.transaction(async (tx) => {
      database.onCommit(tx, () => effects.push('rolled back'));
      await sql`select 1 / 0`.execute(tx);
    });
    await expect(failed).rejects.toThrow('division by zero');
    expect(effects).toEqual(['committed']);
  });

  test('a statement that failed cannot be hidden: the transaction does not pretend to have committed', async () => {
    const { database } = db();
    const effects: string[] = [];
    const hidden = database.transaction(async (tx) => {
      database.onCommit(tx, () => effects.push('committed'));
      await sql`select 1 / 0`.execute(tx).catch(() => undefined);
    });
    await expect(hidden).rejects.toThrow();
    expect(effects).toEqual([]);
  });

  test('two transactions that lock each other out both commit in the end', async () => {
    const { database } = db();
    let waiting = 0;
    let open: () => void = () => undefined;
    const bothHold = new Promise<void>((resolve) => (open = resolve));
    let runs = 0;
    const cross = (first: number, second: number): Promise<void> =>
      database.transaction(async (tx) => {
        runs += 1;
        await sql`update item set count = count + 10 where id = ${first}`.execute(tx);
        waiting += 1;
        if (waiting === 2) open();
        await bothHold;
        await sql`update item set count = count + 10 where id = ${second}`.execute(tx);
      });
    const before = await countOf(1);
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(await countOf(1)).toBe(Number(before) + 20);
    expect(runs).toBe(3);
  });

  test('a serialization failure is retried three times, then is transient; only the last effects count', async () => {
    const { database } = db();
    const failing = async (failures: number): Promise<{ runs: number; effects: number }> => {
      const seen = { runs: 0, effects: 0 };
      await database.transaction(async (tx) => {
        seen.runs += 1;
        database.onCommit(tx, () => (seen.effects += 1));
        if (seen.runs <= failures) await fail(tx, '40001');
      });
      return seen;
    };
    expect(await failing(3)).toEqual({ runs: 4, effects: 1 });
    expect(isTransient(await failing(4).catch((error: unknown) => error))).toBe(true);
  });

  test('an error of the caller or of the data is not retried and not transient', async () => {
    let runs = 0;
    const failed = db().database.transaction(async (tx) => {
      runs += 1;
      await sql`insert into item values (1, 0)`.execute(tx);
    });
    const error: unknown = await failed.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: '23505' });
    expect([runs, isTransient(error)]).toEqual([1, false]);
  });

  test('work whose budget is spent is not committed', async () => {
    const spent = new AbortController();
    const before = await countOf(2);
    const late = db().database.transaction(
      async (tx) => {
        await sql`update item set count = count + 1 where id = 2`.execute(tx);
        spent.abort(new Error('budget spent'));
      },
      { signal: spent.signal },
    );
    await expect(late).rejects.toThrow('budget spent');
    let ran = false;
    const never = db().database.transaction(async () => void (ran = true), { signal: spent.signal });
    await expect(never).rejects.toThrow('budget spent');
    expect([await countOf(2), ran]).toEqual([before, false]);
  });
}

function values(db: () => TestDatabase): void {
  test('counts are exact numbers, dates stay dates, timestamps are instants', async () => {
    const found = await sql`
      select count(*) as counted, 9007199254740993::int8 as beyond, date '2026-06-11' as day,
        timestamptz '2026-06-11T12:00:00+02' as instant, '{"a": 1}'::jsonb as json from item`.execute(
      db().database.kysely,
    );
    expect(found.rows).toEqual([
      {
        counted: 2,
        beyond: '9007199254740993',
        day: '2026-06-11',
        instant: new Date('2026-06-11T10:00:00Z'),
        json: { a: 1 },
      },
    ]);
  });
}

function connections(db: () => TestDatabase): void {
  test('a statement that takes too long is ended and reported as transient', async () => {
    const hasty = openDatabase({ url: db().url, applicationName: 'hasty', statementTimeoutMs: 30 });
    const error: unknown = await sql`select pg_sleep(20)`.execute(hasty.kysely).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: '57014' });
    expect(isTransient(error)).toBe(true);
    await hasty.ping();
    await hasty.close();
  });

  test('a connection lost between two queries fails the transaction, not the process', async () => {
    const { database } = db();
    const lost = database.transaction(async (tx) => {
      const mine = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      await sql`select pg_terminate_backend(${mine.rows[0]?.pid})`.execute(database.kysely);
      await sql`select 1`.execute(tx);
    });
    expect(isTransient(await lost.catch((reason: unknown) => reason))).toBe(true);
    await database.ping();
  });

  test('a lost connection is reported by its first error, not by the rollback that failed after it', async () => {
    const lost = db().database.transaction(
      async (tx) => void (await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx)),
    );
    await expect(lost).rejects.toMatchObject({ code: '57P01' });
  });

  test('a migration under running services disturbs neither a query nor a transaction', async () => {
    const one = openDatabase({ url: db().url, applicationName: 'one', poolSize: 1 });
    const change = async (column: string): Promise<void> =>
      void (await sql.raw(`alter table item add column ${column} int`).execute(db().database.kysely));
    const read = (executor: typeof one.kysely) => sql`select * from item where id = ${1}`.execute(executor);
    await read(one.kysely);
    await change('added');
    expect((await read(one.kysely)).rows).toMatchObject([{ id: 1, added: null }]);
    await one.transaction(read);
    await change('added_again');
    expect((await one.transaction(read)).rows).toMatchObject([{ id: 1, added_again: null }]);
    await one.close();
  });

  test('a database with a schema of its own can be handed to libs that know another', async () => {
    const typed = openDatabase<{ item: { id: number; count: number } }>({ url: db().url, applicationName: 'typed' });
    const lib = (database: Database, tx: Tx): void => database.onCommit(tx, () => undefined);
    const rows = await typed.transaction(async (tx) => {
      lib(typed, tx);
      return tx.selectFrom('item').select('id').where('id', '=', 1).execute();
    });
    expect(rows).toEqual([{ id: 1 }]);
    await typed.close();
  });

  test('a statement is prepared once a connection', async () => {
    const one = openDatabase({ url: db().url, applicationName: 'prepares', poolSize: 1 });
    for (const id of [1, 2, 3]) await sql`select count from item where id = ${id}`.execute(one.kysely);
    const prepared = await sql`select statement from pg_prepared_statements`.execute(one.kysely);
    expect(prepared.rows).toEqual([{ statement: 'select count from item where id = $1' }]);
    await one.close();
  });

  test('the pool is bounded and counts who waits', async () => {
    const small = openDatabase({ url: db().url, applicationName: 'small', poolSize: 1 });
    await small.transaction(async (tx) => {
      const waiting = small.ping();
      expect(small.stats()).toEqual({ total: 1, idle: 0, waiting: 1 });
      await sql`select 1`.execute(tx);
      void waiting.catch(() => undefined);
    });
    await small.close();
    await small.close();
  });

  test('a server that cannot be reached is transient', async () => {
    const nowhere = openDatabase({ url: 'postgres://postgres@127.0.0.1:1/none', applicationName: 'nowhere' });
    expect(isTransient(await nowhere.ping().catch((reason: unknown) => reason))).toBe(true);
    await nowhere.close();
  });
}

function notifications(db: () => TestDatabase): void {
  test('a notification reaches its channel only after the commit', async () => {
    const { database } = db();
    const seen = collector();
    const end = await database.listen('orders', seen.push);
    await database.transaction(async (tx) => void (await sql`select pg_notify('orders', 'one')`.execute(tx)));
    await database
      .transaction(async (tx) => {
        await sql`select pg_notify('orders', 'undone')`.execute(tx);
        throw new Error('undo');
      })
      .catch(() => undefined);
    await sql`select pg_notify('elsewhere', 'other'), pg_notify('orders', 'two')`.execute(database.kysely);
    expect(await seen.until('two')).toEqual(['one', 'two']);
    await end();
  });

  test('a lost listener comes back, says so, and goes on; an ended one hears nothing', async () => {
    const { database } = db();
    const [kept, ended] = [collector(), collector()];
    const endKept = await database.listen('kept', kept.push);
    const endEnded = await database.listen('ended', ended.push);
    await endEnded();
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'behaviour listen'`.execute(database.kysely);
    expect(await kept.until('')).toEqual(['']);
    await sql`select pg_notify('ended', 'x'), pg_notify('kept', 'again')`.execute(database.kysely);
    expect(await kept.until('again')).toEqual(['', 'again']);
    expect(ended.all).toEqual([]);
    await endKept();
  });

  test('two listeners of one channel share a connection and end apart', async () => {
    const { database } = db();
    const [one, two] = [collector(), collector()];
    const ends = await Promise.all([database.listen('both', one.push), database.listen('both', two.push)]);
    await ends[0]?.();
    await sql`select pg_notify('both', 'x')`.execute(database.kysely);
    expect(await two.until('x')).toEqual(['x']);
    expect(one.all).toEqual([]);
    const open = await sql`select 1 from pg_stat_activity
      where datname = current_database() and application_name = 'behaviour listen'`.execute(database.kysely);
    expect(open.rows).toHaveLength(1);
    await ends[1]?.();
  });
}

function creation(server: () => string): void {
  test('a database that several ask for at the same time is made once', async () => {
    const name = `ensure-${process.pid}-${Date.now()}`;
    const urls = await Promise.all(Array.from({ length: 5 }, () => ensureDatabase(server(), name)));
    expect(new Set(urls).size).toBe(1);
    const made = openDatabase({ url: String(urls[0]), applicationName: 'made' });
    await made.ping();
    await made.close();
    await dropDatabase(server(), name);
  });

  test('a service that knows its own database alone makes it by that address, and finds it the next time', async () => {
    const name = `own-${process.pid}-${Date.now()}`;
    const own = new URL(server());
    own.pathname = `/${name}`;
    expect(await ensureDatabase(own.href, name)).toBe(own.href);
    expect(await ensureDatabase(own.href, name)).toBe(own.href);
    await dropDatabase(server(), name);
  });
}

async function fail(tx: Parameters<ReturnType<typeof sql>['execute']>[0], state: string): Promise<void> {
  await sql.raw(`do $$ begin raise exception using errcode = '${state}'; end $$`).execute(tx);
}
