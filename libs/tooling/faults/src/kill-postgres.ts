import { setTimeout as delay } from 'node:timers/promises';
import { withDatabase } from './database-client';
import type { Fault, LabShop } from './lab';
import { Strikes, atMostOnce } from './strikes';

const READY_MS = 60_000;
const POLL_MS = 100;

/**
 * kill -9 of the database server, which is started again: once, and then the fault is over; or every `everyMs`. Seen by
 * the server's own time of start.
 */
export function killPostgres({ everyMs }: { everyMs?: number } = {}): Fault {
  return {
    name: `kill -9 of PostgreSQL${everyMs === undefined ? '' : ` every ${everyMs / 1_000} s`}`,
    async start({ shop, record, signal }) {
      let before = await startedAt(shop);
      let restarts = 0;
      const strike = async (): Promise<void> => {
        shop.postgres.kill();
        record('postgres killed');
        const after = await startedAgain(shop, before);
        if (after !== before) restarts += 1;
        before = after;
        record('postgres takes connections');
      };
      const strikes = everyMs === undefined ? undefined : new Strikes({ record, signal }, everyMs, strike);
      const once = strikes === undefined ? strike() : undefined;
      return {
        // The outage belongs to recovery: that is counted from the blow.
        ...(once === undefined ? {} : { ended: Promise.resolve() }),
        undo: atMostOnce(async () => {
          await strikes?.stop();
          if (strikes !== undefined && !signal.aborted) await shop.ready(READY_MS);
        }),
        seen: async () => {
          await once;
          return { metric: 'starts of PostgreSQL', value: restarts, least: 1 };
        },
      };
    },
  };
}

function startedAt({ postgres }: LabShop): Promise<number> {
  return withDatabase(postgres.url, 'postgres', async (client) => {
    const { rows } = await client.query<{ at: number }>(
      'select extract(epoch from pg_postmaster_start_time())::float8 as at',
    );
    return rows[0]?.at ?? 0;
  });
}

/** `before` when it stays away. */
async function startedAgain(shop: LabShop, before: number): Promise<number> {
  for (const deadline = Date.now() + READY_MS; Date.now() < deadline; await delay(POLL_MS)) {
    const at = await startedAt(shop).catch(() => before); // not there yet
    if (at !== before) return at;
  }
  return before;
}
