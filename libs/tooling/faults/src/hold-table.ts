import { openClient } from './database-client';
import type { Fault } from './lab';
import { Strikes, atMostOnce } from './strikes';

export interface HoldTableOptions {
  /** A service's name is that of its database. */
  readonly database: string;
  readonly table: string;
}

const LOOK_MS = 250;
const WAITING = 'select from pg_stat_activity where $1 = any (pg_blocking_pids(pid))';

/**
 * A transaction that locks a table and then does nothing, as one that was forgotten: every statement on it waits, and
 * with the statements the service's connections. Seen by the most that waited at the same moment.
 */
export function holdTable({ database, table }: HoldTableOptions): Fault {
  return {
    name: `a forgotten transaction holds ${table} of ${database}`,
    async start({ shop, record, signal }) {
      const client = await openClient(shop.postgres.url, database);
      await client.query(`begin; lock table ${client.escapeIdentifier(table)} in access exclusive mode`);
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      const watcher = await openClient(shop.postgres.url, database);
      record('table held', { database, table });
      let most = 0;
      const looks = new Strikes({ record, signal }, LOOK_MS, async () => {
        const { rowCount } = await watcher.query(WAITING, [rows[0]?.pid]);
        most = Math.max(most, rowCount ?? 0);
      });
      return {
        undo: atMostOnce(async () => {
          await looks.stop();
          await Promise.all([client.end(), watcher.end()]);
          record('table free');
        }),
        seen: async () => ({ metric: 'statements that waited for the table, at most', value: most, least: 1 }),
      };
    },
  };
}
