import { join } from 'node:path';
import { ensureDatabase, startEmbeddedPostgres } from '@stampede/db';
import type { Environment } from './plan';
import { Refusal } from './refusal';

/** The database server that a shop runs on. */
export interface Store {
  /** Names the server, not a database. */
  readonly url: string;
  /** The process to end with the shop; undefined for a server that somebody else runs. */
  readonly pid: number | undefined;
  ensure(databases: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export type OpenStore = (env: Environment, folder: string, port: number) => Promise<Store>;

/**
 * The server that `DATABASE_URL` names, or else an embedded PostgreSQL with its files in `folder`. @throws Refusal with
 * the cause
 */
export const openStore: OpenStore = async (env, folder, port) => {
  const external = env['DATABASE_URL'];
  if (external !== undefined && external !== '') {
    return {
      url: external,
      pid: undefined,
      ensure: (databases) => ensureAll(external, databases),
      stop: async () => undefined,
    };
  }
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), port }).catch((error: Error) => {
    throw new Refusal(`PostgreSQL does not start: ${error.message}`, { cause: error });
  });
  return {
    url: postgres.url,
    pid: postgres.pid,
    ensure: (databases) => ensureAll(postgres.url, databases),
    stop: () => postgres.stop(),
  };
};

async function ensureAll(url: string, databases: readonly string[]): Promise<void> {
  try {
    await Promise.all(databases.map((name) => ensureDatabase(url, name)));
  } catch (error) {
    const server = URL.canParse(url) ? new URL(url).host : 'DATABASE_URL'; // no password in a message
    throw new Refusal(`the databases cannot be made on ${server}: ${(error as Error).message}`, { cause: error });
  }
}
