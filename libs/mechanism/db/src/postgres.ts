import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import { Pool } from 'pg';
import { errorMessage } from './error-code';
import { Listener } from './listener';
import type { Database, DatabaseOptions, Tx } from './port';
import { preparedClient, StatementNames } from './prepared-client';
import { mayRunAgain } from './transient';
import { typeParsers } from './types';

const DEFAULT_POOL_SIZE = 10;
const DEFAULT_STATEMENT_TIMEOUT_MS = 10_000;
/** How long a caller waits for a connection: longer than a burst, shorter than a request's budget is useless anyway. */
const ACQUIRE_TIMEOUT_MS = 5_000;
/** A transaction left open keeps locks; nothing of ours waits for the outside inside of one. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
const IDLE_CONNECTION_MS = 30_000;
/** The server ends a statement first; this is for a server that has stopped to answer at all. */
const SILENT_SERVER_GRACE_MS = 2_000;
const MAX_RETRIES = 3;
/** First pause between two tries, doubled each time, ms; half of it is random so that two losers part. */
const RETRY_PAUSE_MS = 10;

/** Effects that wait for the commit of their transaction. */
const effectsOf = new WeakMap<Tx, (() => void)[]>();
const optionsOf = new WeakMap<Database, DatabaseOptions>();

/**
 * Opens a pool of connections; the first one is made by the first query. Counts (int8) come as numbers where they
 * are exact, dates as `YYYY-MM-DD`, timestamps as `Date`. Close it.
 */
// oxlint-disable-next-line no-explicit-any -- the caller names the schema, if it has one
export function openDatabase<Schema = any>(options: DatabaseOptions): Database<Schema> {
  const pool = openPool(options);
  const names = new StatementNames();
  const kysely = new Kysely<Schema>({
    dialect: new PostgresDialect({
      pool: { connect: () => preparedClient(pool, names), end: () => pool.end() } as never,
    }),
  });
  const listener = new Listener({ url: options.url, applicationName: `${options.applicationName} listen` });
  let closed: Promise<void> | undefined;
  const database: Database<Schema> = {
    kysely,
    transaction: (run, transactionOptions) => transaction(kysely, run, transactionOptions?.signal),
    onCommit(tx, effect) {
      const effects = effectsOf.get(tx);
      if (effects === undefined) throw new Error('onCommit needs a transaction opened by Database.transaction');
      effects.push(effect);
    },
    listen: (channel, onNotify) => listener.listen(channel, onNotify),
    stats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async ping() {
      await sql`select 1`.execute(kysely);
    },
    close: () => (closed ??= Promise.all([listener.close(), kysely.destroy()]).then(() => undefined)),
  };
  optionsOf.set(database, options);
  return database;
}

/** The same database once more with other limits, for work that must not be cut short. Close it too. */
export function openAgain(database: Database, changes: Partial<DatabaseOptions>): Database {
  const options = optionsOf.get(database);
  if (options === undefined) throw new Error('the database was not opened by openDatabase');
  return openDatabase({ ...options, ...changes });
}

function openPool(options: DatabaseOptions): Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS;
  const pool = new Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolSize ?? DEFAULT_POOL_SIZE,
    connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    types: typeParsers,
    ...(statementTimeoutMs > 0 && {
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + SILENT_SERVER_GRACE_MS,
    }),
  });
  // Without handlers a connection that dies, idle or between two queries, would end the process. The next query on
  // it fails, or the pool replaces it.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

async function transaction<Schema, T>(
  kysely: Kysely<Schema>,
  run: (tx: Transaction<Schema>) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let retry = 0; ; retry += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt(kysely, run, signal);
    } catch (error) {
      if (retry === MAX_RETRIES || !mayRunAgain(error)) throw error;
      const pauseMs = RETRY_PAUSE_MS * 2 ** retry;
      await delay(pauseMs / 2 + (Math.random() * pauseMs) / 2);
    }
  }
}

async function attempt<Schema, T>(
  kysely: Kysely<Schema>,
  run: (tx: Transaction<Schema>) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const effects: (() => void)[] = [];
  let failure: { error: unknown } | undefined;
  let result: T;
  try {
    result = await kysely.transaction().execute(async (tx) => {
      effectsOf.set(tx, effects);
      try {
        signal?.throwIfAborted();
        const value = await run(tx);
        signal?.throwIfAborted();
        return value;
      } catch (error) {
        failure = { error };
        throw error;
      }
    });
  } catch (error) {
    // On a dead connection the rollback fails as well; the first error is the one that explains.
    throw failure === undefined ? error : failure.error;
  }
  for (const effect of effects) runEffect(effect);
  return result;
}

/** The transaction is committed: an effect that fails is a bug to be seen, but no reason to say that it was not. */
function runEffect(effect: () => void): void {
  try {
    effect();
  } catch (error) {
    process.emitWarning(`an effect after a commit failed: ${errorMessage(error)}`, 'CommitEffectWarning');
  }
}
