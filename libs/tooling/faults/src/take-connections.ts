import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { openClient } from './database-client';
import type { Fault } from './lab';
import { atMostOnce } from './strikes';

const TOO_MANY = '53300';
const END_ALL = 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1';
const ENDED_MS = 5_000;
const LOOK_MS = 50;

/**
 * Takes every connection that PostgreSQL has left, and ends those of one service, which then cannot come back. Seen by
 * the server's refusal to give one more.
 */
export function takeConnections({ from }: { from: string }): Fault {
  return {
    name: `no connection to PostgreSQL is left for ${from}`,
    async start({ shop, record }) {
      const { url } = shop.postgres;
      const first = await openClient(url, 'postgres');
      const held: Client[] = [first, ...(await takeAll(url))];
      for (const deadline = Date.now() + ENDED_MS; Date.now() < deadline; await delay(LOOK_MS)) {
        const { rowCount } = await first.query(END_ALL, [from]);
        held.push(...(await takeAll(url)));
        if (rowCount === 0) break; // one that ends frees its connection a moment later, and may come back to it first
      }
      record('connections taken', { held: held.length });
      return {
        undo: atMostOnce(async () => {
          await Promise.all(held.map((client) => client.end()));
          record('connections given back');
        }),
        seen: async () => ({ metric: 'connections held', value: held.length, least: 2 }),
      };
    },
  };
}

async function takeAll(url: string): Promise<Client[]> {
  const taken: Client[] = [];
  for (;;) {
    try {
      taken.push(await openClient(url, 'postgres'));
    } catch (error) {
      if ((error as { code?: string }).code === TOO_MANY) return taken;
      await Promise.all(taken.map((client) => client.end()));
      throw error;
    }
  }
}
