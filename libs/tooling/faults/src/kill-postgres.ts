import { setTimeout as delay } from 'node:timers/promises';
import { withDatabase } from './database-client';
import type { Fault, LabShop } from './lab';
import { Strikes } from './strikes';

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
      let isBack: Promise<void> | undefined;
      const comeBack = async (): Promise<void> => {
        const after = await startedAgain(shop, before);
        if (after !== before) restarts += 1;
        before = after;
        isBack = undefined;
        record('postgres takes connections');
      };
      const strike = async (): Promise<void> => {
        if (isBack !== undefined) return; // nobody is there to be killed yet
        shop.postgres.kill();
        record('postgres killed');
        isBack = comeBack(); // the outage belongs to recovery, which is counted from the blow
      };
      const strikes = everyMs === undefined ? undefined : new Strikes({ record, signal }, everyMs, strike);
      if (strikes === undefined) await strike();
      return {
        ...(strikes === undefined ? { ended: Promise.resolve() } : {}),
        undo: async () => strikes?.stop(),
        seen: async () => {
          await isBack;
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
