import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import type { Database } from './port';
import { openAgain } from './postgres';

const fileName = /^\d{4}_[a-z0-9_]+\.sql$/;
const migrationTable = 'kysely_migration';

/**
 * Brings the database up to date: applies each `000N_<what>.sql` that it has not seen, in the order of the directories and, within one,
 * of the names, all in one transaction. Replicas that migrate at the same time wait for each other. A database that
 * is ahead (a newer version has run on it) is left as it is, so one version back still starts. File names must differ between
 * directories. Returns the names applied by this call.
 * @throws Error with the server's error as its cause and the name of the migration; nothing is applied then
 */
export async function migrate(database: Database, directories: string[]): Promise<string[]> {
  // An index on a large table may take longer than a request may, and so may waiting for another replica. The second
  // connection is for appliedByOthers: the first one is inside of the transaction then.
  const patient = openAgain(database, { poolSize: 2, statementTimeoutMs: 0 });
  try {
    return await migrateToLatest(patient.kysely, await readMigrations(directories));
  } finally {
    await patient.close();
  }
}

async function migrateToLatest(kysely: Kysely<unknown>, own: Map<string, Migration>): Promise<string[]> {
  const order = new Map([...own.keys()].map((name, index) => [name, index]));
  const rank = (name: string): number => order.get(name) ?? -1;
  const migrator = new Migrator({
    db: kysely,
    provider: { getMigrations: async () => Object.fromEntries([...(await appliedByOthers(kysely)), ...own]) },
    nameComparator: (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
    allowUnorderedMigrations: true, // a lib's new migration may sort before a service's old one
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new Error(`migration ${failed ?? '(none begun)'} failed: ${messageOf(error)}`, { cause: error });
  }
  return (results ?? []).map((result) => result.migrationName);
}

/** kysely refuses a database with migrations it has no file for; those of a newer version stand in as empty ones. */
async function appliedByOthers(kysely: Kysely<unknown>): Promise<Map<string, Migration>> {
  const found = await sql<{ name: string }>`select name from ${sql.table(migrationTable)}`.execute(kysely);
  return new Map(found.rows.map(({ name }) => [name, { up: async () => undefined }]));
}

async function readMigrations(directories: string[]): Promise<Map<string, Migration>> {
  const migrations = new Map<string, Migration>();
  for (const directory of directories) {
    const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).toSorted();
    for (const file of files) {
      const name = file.slice(0, -'.sql'.length);
      if (!fileName.test(file)) throw new Error(`migration ${file} is not named 000N_<what>.sql`);
      if (migrations.has(name)) throw new Error(`two directories have a migration ${file}`);
      const text = await readFile(join(directory, file), 'utf8');
      migrations.set(name, {
        up: async (tx) => {
          await sql.raw(text).execute(tx);
        },
      });
    }
  }
  return migrations;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
