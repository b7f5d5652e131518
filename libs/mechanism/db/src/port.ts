import type { Kysely, Transaction } from 'kysely';

/** An open transaction; it may be handed to other libs so that their rows commit together with the caller's. */
// oxlint-disable-next-line no-explicit-any -- each lib sees its own tables only, the transaction spans them all
export type Tx = Transaction<any>;

/** A PostgreSQL database, embedded or external: the same SQL, the same promises. Whoever opened it closes it. */
// oxlint-disable-next-line no-explicit-any -- see Tx
export interface Database<Schema = any> {
  /** Queries outside of a transaction. Each takes a connection of the pool for itself. */
  readonly kysely: Kysely<Schema>;
  /**
   * Commits all of `run` or nothing. After a serialization failure or a deadlock it runs again, at most three times, so
   * `run` must have no effect outside of the database: see `onCommit`. A lost connection during the commit is
   * not retried: the outcome is unknown then.
   * @throws the signal's reason when `signal` aborts before the commit; nothing is committed then
   */
  transaction<T>(run: (tx: Transaction<Schema>) => Promise<T>, options?: { signal?: AbortSignal }): Promise<T>;
  /**
   * Runs `effect` once after `tx` has committed, never after a rollback. A crash in between loses it: for kicks only.
   */
  onCommit(tx: Tx, effect: () => void): void;
  /**
   * Calls `onNotify` with the payload of each NOTIFY on `channel`. Listeners share one connection of their own; when
   * it is lost it is made again, and `onNotify('')` tells that notifications may have been missed. Returns the
   * function that ends it.
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>;
  /** Connections of the pool, and callers that wait for one. */
  stats(): { total: number; idle: number; waiting: number };
  /** @throws when the server does not answer a trivial query */
  ping(): Promise<void>;
  /** Waits for the queries under way, then closes all connections. May be called twice. */
  close(): Promise<void>;
}

/** How to reach a database and how much of it one process may use. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Shown in pg_stat_activity: the service and its replica. */
  readonly applicationName: string;
  /** Connections of this process, 1 or more. Default 10. */
  readonly poolSize?: number;
  /** The longest a statement may run, ms; 0 is for ever. Default 10,000. */
  readonly statementTimeoutMs?: number;
}
