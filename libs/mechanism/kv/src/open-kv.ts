import type { Database } from '@stampede/db';
import { openEmbeddedKv } from './embedded';
import type { Kv } from './port';

export interface KvOptions {
  /** `redis://host:port`; with it the store is Redis, whatever else is set. */
  redisUrl?: string | undefined;
  /** A database with the tables of `kvMigration`; it stays the caller's to close. */
  database?: Database | undefined;
}

/** The store that the options name. Whoever opened it closes it. @throws TypeError when neither is named */
export function openKv(options: KvOptions): Kv {
  // The client is loaded only where it is used: it costs every process time and memory.
  if (options.redisUrl) return (require('./redis') as typeof import('./redis')).openRedisKv(options.redisUrl);
  if (options.database) return openEmbeddedKv(options.database);
  throw new TypeError('a store needs redisUrl or database');
}
