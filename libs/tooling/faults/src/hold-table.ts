import { openClient } from './database-client';
import type { Fault } from './lab';
import { Strikes, atMostOnce } from './strikes';

export interface HoldTableOptions {
  /** A service's name is that of its database. */
  readonly database: string;
  readonly table: string;
}

const LOOK_MS = 250;

/**
 * A transaction that locks a table and then does nothing, as one that was forgotten: every statement on it waits, and
 * with the statements the service's connections. Seen by callers that wait for a connection of the pool.
 */
export function holdTable({ database, table }: HoldTableOptions): Fault {
  return {
    name: `a forgotten transaction holds ${table} of ${database}`,
    async start({ shop, record, signal }) {
      const client = await openClient(shop.postgres.url, database);
      await client.query(`begin; lock table ${client.escapeIdentifier(table)} in access exclusive mode`);
      record('table held', { database, table });
      let most = 0;
      const looks = new Strikes({ record, signal }, LOOK_MS, async () => {
        most = Math.max(most, await shop.metric('db_pool_waiting', { service: database }).catch(() => 0));
      });
      return {
        undo: atMostOnce(async () => {
          await looks.stop();
          await client.end();
          record('table free');
        }),
        seen: async () => ({ metric: 'db_pool_waiting, at most', value: most, least: 1 }),
      };
    },
  };
}
