import { join } from 'node:path';
import type { Database } from '@stampede/db';
import {
  addToCounters,
  deleteEntry,
  deleteExpired,
  deleteIdleLines,
  readEntry,
  readSlot,
  reserveSlot,
  writeEntry,
} from './embedded.sql';
import type { Increment, Kv } from './port';

/** Directory of the tables that the embedded store needs; whoever owns the database migrates it. */
export const kvMigration = join(__dirname, '..', 'migrations');

const SWEEP_EVERY_MS = 60_000;
const SWEEP_BATCH = 1_000;
/** Longer than any interval of a line. */
export const LINE_IDLE_MS = 60 * 60 * 1_000;

/** The store on PostgreSQL, in a database that is the caller's to migrate and to close. */
export function openEmbeddedKv(database: Database): Kv {
  const connection = database.kysely;
  // A sweep that failed is made up for by the next.
  const sweeping = setInterval(() => void sweep(database).catch(() => undefined), SWEEP_EVERY_MS).unref();
  return {
    get: (key) => readEntry(connection, key),
    set: (key, value, { ttlMs }) => writeEntry(connection, key, value, ttlMs),
    delete: (key) => deleteEntry(connection, key),
    async addAll(increments) {
      if (increments.length === 0) return [];
      const totals = await addToCounters(connection, mergeByKey(increments));
      return increments.map(({ key }) => totals.get(key) ?? 0);
    },
    reserveSlot: (line, member, options) => reserveSlot(connection, line, member, options),
    readSlot: (line, member) => readSlot(connection, line, member),
    ping: () => database.ping(),
    async close() {
      clearInterval(sweeping);
    },
  };
}

/** Deletes all that has expired. */
export async function sweep(database: Database): Promise<void> {
  while ((await deleteExpired(database.kysely, SWEEP_BATCH)) >= SWEEP_BATCH);
  await deleteIdleLines(database.kysely, LINE_IDLE_MS);
}

/** One statement cannot change a row twice; the first increment of a key decides its life. */
function mergeByKey(increments: readonly Increment[]): Increment[] {
  const merged = new Map<string, Increment>();
  for (const increment of increments) {
    const former = merged.get(increment.key);
    merged.set(increment.key, former ? { ...former, by: former.by + increment.by } : increment);
  }
  return [...merged.values()];
}
