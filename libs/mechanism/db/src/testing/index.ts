import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { ensureDatabase, openDatabase, type Database } from '../index';

export { clusterTemplate } from './template';

/** An empty database for one test file; `drop` closes and removes it. */
export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  drop(): Promise<void>;
}

/**
 * A fresh, empty database on the server of this test run: the embedded one that jest's global setup started, or the one
 * of TEST_DATABASE_URL, or `server`. `name` shows up in its name. Drop it in afterAll.
 */
export async function testDatabase(name = 'test', server = testServerUrl()): Promise<TestDatabase> {
  const unique = `${name.slice(0, 30)}_${randomUUID().slice(0, 8)}`.replaceAll(/[^a-z0-9_]/g, '_');
  const url = await ensureDatabase(server, unique);
  const database = openDatabase({ url, applicationName: name });
  return {
    url,
    database,
    async drop() {
      await database.close();
      await dropDatabase(server, unique);
    },
  };
}

/** Address of the test run's server, for tests that make databases of their own (several services in one test). */
export function testServerUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) throw new Error("no test server: run the tests with the root's jest.config.js");
  return url;
}

/** Removes a database although somebody may still be connected. */
export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  const server = new URL(serverUrl);
  server.pathname = '/postgres';
  const client = new Client({ connectionString: server.href });
  await client.connect();
  try {
    await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
  } finally {
    await client.end();
  }
}
