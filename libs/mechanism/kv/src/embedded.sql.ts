import { sql, type QueryExecutorProvider } from 'kysely';
import type { Increment, Slot, SlotOptions } from './port';

/** A connection to a database with the tables of this lib. */
export type Connection = QueryExecutorProvider;

export async function readEntry(connection: Connection, key: string): Promise<string | null> {
  const { rows } = await sql<{ value: string }>`
    select value from kv_entry where key = ${key} and expires_at_ms > kv_now_ms()`.execute(connection);
  return rows[0]?.value ?? null;
}

export async function writeEntry(connection: Connection, key: string, value: string, ttlMs: number): Promise<void> {
  await sql`
    insert into kv_entry (key, value, expires_at_ms) values (${key}, ${value}, kv_now_ms() + ${ttlMs}::float8)
    on conflict (key) do update set value = excluded.value, expires_at_ms = excluded.expires_at_ms`.execute(connection);
}

export async function deleteEntry(connection: Connection, key: string): Promise<void> {
  await sql`delete from kv_entry where key = ${key}`.execute(connection);
}

/**
 * Each key once. Rows are locked in the order of their keys, so that two calls wait for each other instead of
 * deadlocking.
 */
export async function addToCounters(
  connection: Connection,
  increments: readonly Increment[],
): Promise<Map<string, number>> {
  const { rows } = await sql<{ key: string; total: number }>`
    insert into kv_counter as c (key, total, expires_at_ms)
    select key, by, kv_now_ms() + ttl_ms
    from unnest(
      ${increments.map(({ key }) => key)}::text[],
      ${increments.map(({ by }) => by)}::bigint[],
      ${increments.map(({ ttlMs }) => ttlMs)}::float8[]
    ) as given (key, by, ttl_ms)
    order by key
    on conflict (key) do update set
      total = excluded.total + case when c.expires_at_ms > kv_now_ms() then c.total else 0 end,
      expires_at_ms = case when c.expires_at_ms > kv_now_ms() then c.expires_at_ms else excluded.expires_at_ms end
    returning key, total`.execute(connection);
  return new Map(rows.map(({ key, total }) => [key, total]));
}

interface SlotRow {
  admit_at_ms: number;
  now_ms: number;
}

export async function reserveSlot(
  connection: Connection,
  line: string,
  member: string,
  { intervalMs, keepMs, notBeforeMs = 0 }: SlotOptions,
): Promise<Slot> {
  const { rows } = await sql<SlotRow>`
    select admit_at_ms, now_ms
    from kv_reserve_slot(${line}, ${member}, ${intervalMs}::float8, ${keepMs}::float8, ${notBeforeMs}::float8)`.execute(
    connection,
  );
  const [row] = rows as [SlotRow];
  return slotOf(row);
}

export async function readSlot(connection: Connection, line: string, member: string): Promise<Slot | null> {
  const { rows } = await sql<SlotRow>`
    select admit_at_ms, kv_now_ms() as now_ms from kv_slot
    where line = ${line} and member = ${member} and expires_at_ms > kv_now_ms()`.execute(connection);
  return rows[0] ? slotOf(rows[0]) : null;
}

function slotOf(row: SlotRow): Slot {
  return { admitAtMs: row.admit_at_ms, nowMs: row.now_ms };
}

/**
 * Deletes what has expired, `limit` rows of each table at most, and answers how many. Rows in use are left for the
 * next time.
 */
export async function deleteExpired(connection: Connection, limit: number): Promise<number> {
  let deleted = 0n;
  for (const table of ['kv_entry', 'kv_counter', 'kv_slot']) {
    const result = await sql`
      delete from ${sql.table(table)} where ctid = any(array(
        select ctid from ${sql.table(table)} where expires_at_ms < kv_now_ms()
        limit ${limit} for update skip locked))`.execute(connection);
    deleted += result.numAffectedRows ?? 0n;
  }
  return Number(deleted);
}

/** Deletes lines whose last slot is `idleMs` past; a line that comes back starts at now, as it would have. */
export async function deleteIdleLines(connection: Connection, idleMs: number): Promise<void> {
  await sql`
    delete from kv_line where line in (
      select line from kv_line where last_admit_at_ms < kv_now_ms() - ${idleMs}::float8
      for update skip locked)`.execute(connection);
}
