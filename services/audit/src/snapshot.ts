import { openDatabase, type Database } from '@stampede/db';
import { sql, type ControlledTransaction, type RawBuilder } from 'kysely';
import { AUDITED, auditUrl, type AuditConfig, type Audited } from './config';
import { unreadable } from './errors';

/** A snapshot, and beside it the second look at orders. */
const CONNECTIONS = 2;
/** Rows that are in memory at a time. */
const FETCH_ROWS = 5_000;

/** One database at one moment: whatever is read of it agrees. Close it. */
export class Snapshot {
  private cursors = 0;

  private constructor(
    private readonly store: Audited,
    private readonly tx: ControlledTransaction<unknown>,
    /** When it was taken, by the database's clock. */
    readonly at: Date,
  ) {}

  /** @throws unavailable, naming the store */
  static async take(store: Audited, { kysely }: Database): Promise<Snapshot> {
    try {
      const started = kysely.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only');
      const tx = (await started.execute()) as ControlledTransaction<unknown>;
      // Cursors are read to their end, and compiling a query takes longer than running it. The first of these queries
      // fixes the moment.
      await sql`SET LOCAL cursor_tuple_fraction = 1`.execute(tx);
      await sql`SET LOCAL jit = off`.execute(tx);
      const { rows } = await sql<{ at: Date }>`SELECT now() AS at FROM pg_class LIMIT 1`.execute(tx);
      return new Snapshot(store, tx, (rows[0] as { at: Date }).at);
    } catch (error) {
      throw unreadable(store, error);
    }
  }

  /** @throws unavailable, naming the store */
  async rows<Row>(query: RawBuilder<Row>): Promise<Row[]> {
    try {
      return (await query.execute(this.tx)).rows;
    } catch (error) {
      throw unreadable(this.store, error);
    }
  }

  /** As `rows`, a few thousand at a time. The query has no parameters: a cursor takes none. */
  async *walk<Row>(query: RawBuilder<Row>): AsyncGenerator<Row> {
    this.cursors += 1;
    const cursor = sql.raw(`audit_${this.cursors}`);
    await this.rows(sql`DECLARE ${cursor} NO SCROLL CURSOR FOR ${query}`);
    for (let count = FETCH_ROWS; count === FETCH_ROWS;) {
      const rows = await this.rows(sql<Row>`FETCH ${sql.lit(FETCH_ROWS)} FROM ${cursor}`);
      count = rows.length;
      yield* rows;
    }
    await this.rows(sql`CLOSE ${cursor}`);
  }

  /** May be called whatever happened before, and again. */
  async close(): Promise<void> {
    if (this.tx.isRolledBack) return;
    await this.tx
      .rollback()
      .execute()
      .catch(() => undefined); // the connection is gone, and the snapshot with it
  }
}

/** The audit's connections: one small pool a database. */
export class Stores {
  private readonly databases: ReadonlyMap<Audited, Database>;

  constructor(config: AuditConfig) {
    this.databases = new Map(
      AUDITED.map((service) => [
        service,
        openDatabase({
          url: auditUrl(config, service),
          applicationName: `${config.instance} of ${service}`,
          poolSize: CONNECTIONS,
          statementTimeoutMs: config.AUDIT_QUERY_TIMEOUT_MS,
        }),
      ]),
    );
  }

  /** @throws unavailable, naming the store */
  snapshot(store: Audited): Promise<Snapshot> {
    return Snapshot.take(store, this.databases.get(store) as Database);
  }

  async close(): Promise<void> {
    await Promise.all([...this.databases.values()].map((database) => database.close()));
  }
}
