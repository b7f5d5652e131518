import type { CloudEvent } from '@stampede/contracts';
import { type Kysely, sql } from 'kysely';
import { BUCKETS } from './append-event';

// oxlint-disable-next-line no-explicit-any -- the tables are this lib's own; a service's schema type does not list them
export type Connection = Kysely<any>;

/** A row on its way out: where it stands, where it goes, and the event as the bus carries it. */
export interface Owed {
  readonly position: string;
  readonly topic: string;
  readonly event: CloudEvent;
  readonly ageMs: number;
}

/**
 * Which shards have something at the front of the backlog, and how many rows that is. Looks at `depth` rows, whatever
 * the backlog.
 */
export async function shardsOwing(
  connection: Connection,
  shards: number,
  depth: number,
): Promise<{ shards: number[]; rows: number }> {
  const { rows } = await sql<{ shard: number; rows: number }>`
    select mod(bucket, ${shards}::int)::int as shard, count(*)::int as rows from (
      select bucket from outbox where published_at is null order by position limit ${depth}) as front
    group by 1`.execute(connection);
  return { shards: rows.map((row) => row.shard), rows: rows.reduce((sum, row) => sum + row.rows, 0) };
}

/** Session lock: it ends with `unlockShard` or with the connection, so a relay that dies frees its shards at once. */
export async function tryLockShard(connection: Connection, shard: number): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_lock(hashtext('stampede.outbox'), ${shard}::int) as locked`.execute(connection);
  return rows[0]?.locked === true;
}

export async function unlockShard(connection: Connection, shard: number): Promise<void> {
  await sql`select pg_advisory_unlock(hashtext('stampede.outbox'), ${shard}::int)`.execute(connection);
}

/** All of this connection's shards, after a failure: a lock must not stay behind in the pool. */
export async function releaseShards(connection: Connection): Promise<void> {
  await sql`select pg_advisory_unlock_all()`.execute(connection);
}

/**
 * The oldest owed rows of a shard. Within a subject positions rise with the sequence, so no row is taken before its
 * predecessor.
 */
export async function owedRows(connection: Connection, shard: number, shards: number, limit: number): Promise<Owed[]> {
  const { rows } = await sql<OutboxRow>`
    select position, topic, subject, sequence, id, type, source, dataversion, data, traceparent, created_at,
           extract(epoch from clock_timestamp() - created_at) * 1000 as age_ms
    from outbox
    where published_at is null and bucket = any(${bucketsOf(shard, shards)}::smallint[])
    order by position limit ${limit}`.execute(connection);
  return rows.map(owed);
}

export async function markPublished(connection: Connection, rows: readonly Owed[]): Promise<void> {
  await sql`
    update outbox set published_at = clock_timestamp()
    where published_at is null and position = any(${rows.map((row) => row.position)}::bigint[])`.execute(connection);
}

/** Marks rows as published and returns them. */
export async function takeOwed(connection: Connection, appended: readonly { readonly id: string }[]): Promise<Owed[]> {
  const { rows } = await sql<OutboxRow>`
    update outbox set published_at = clock_timestamp() where id = any(${appended.map(({ id }) => id)}::uuid[])
    returning position, topic, subject, sequence, id, type, source, dataversion, data, traceparent, created_at,
      0 as age_ms`.execute(connection);
  return rows.map(owed);
}

/** Deletes up to `limit` rows that were published more than `keepMs` ago, and says how many. */
export async function deletePublished(connection: Connection, keepMs: number, limit: number): Promise<number> {
  const result = await sql`
    delete from outbox where (topic, subject, sequence) in (
      select topic, subject, sequence from outbox
      where created_at < clock_timestamp() - make_interval(secs => ${keepMs / 1000})
        and published_at < clock_timestamp() - make_interval(secs => ${keepMs / 1000})
      limit ${limit} for update skip locked)`.execute(connection);
  return Number(result.numAffectedRows ?? 0n);
}

export async function backlog(connection: Connection): Promise<{ unpublished: number; oldestAgeMs: number }> {
  const { rows } = await sql<{ unpublished: number; oldestAgeMs: number }>`
    select count(*)::int as unpublished,
           coalesce(extract(epoch from clock_timestamp() - min(created_at)) * 1000, 0)::float8 as "oldestAgeMs"
    from outbox where published_at is null`.execute(connection);
  return rows[0] ?? { unpublished: 0, oldestAgeMs: 0 };
}

interface OutboxRow {
  position: string;
  topic: string;
  subject: string;
  sequence: string;
  id: string;
  type: string;
  source: string;
  dataversion: string;
  data: unknown;
  traceparent: string | null;
  created_at: Date;
  age_ms: string;
}

function owed(row: OutboxRow): Owed {
  return {
    position: String(row.position),
    topic: row.topic,
    ageMs: Number(row.age_ms),
    event: {
      specversion: '1.0',
      id: row.id,
      type: row.type,
      source: row.source,
      time: new Date(row.created_at).toISOString(),
      subject: row.subject,
      sequence: Number(row.sequence),
      ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
      dataversion: row.dataversion,
      data: row.data,
    },
  };
}

function bucketsOf(shard: number, shards: number): number[] {
  return Array.from({ length: BUCKETS }, (_, bucket) => bucket).filter((bucket) => bucket % shards === shard);
}
