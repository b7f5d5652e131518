import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { errorMessage } from './error-code';
import type { Database } from './port';
import { openAgain } from './postgres';

const fileName = /^\d{4}_[a-z0-9_]+\.sql$/;
const migrationTable = 'kysely_migration';

/**
 * Brings the database up to date: applies each `000N_<what>.sql` that it has not seen, directory by directory in the
 * order given, within one by name; a directory is applied whole or not at all. Replicas that migrate at the same time
 * wait for each other. A database that is ahead (a newer version has run on it) is left as it is, so one version back
 * still starts. File names must differ between directories, because a name is what the database remembers. Returns
 * the names applied by this call.
 * @throws Error with the name of the migration and the server's error as its cause
 */
export async function migrate(database: Database, directories: string[]): Promise<string[]> {
  const sources = await Promise.all(directories.map(readMigrations));
  assertNamesDiffer(sources.flatMap((source) => Object.keys(source)));
  // An index on a large table may take longer than a request may, and so may waiting for another replica. The second
  // connection is for appliedBefore: the first one is inside of the transaction then.
  const patient = openAgain(database, { poolSize: 2, statementTimeoutMs: 0 });
  try {
    const applied: string[] = [];
    for (const source of sources) applied.push(...(await migrateToLatest(patient.kysely, source)));
    return applied;
  } finally {
    await patient.close();
  }
}

async function migrateToLatest(kysely: Kysely<unknown>, own: Record<string, Migration>): Promise<string[]> {
  const migrator = new Migrator({
    db: kysely,
    provider: { getMigrations: async () => ({ ...(await appliedBefore(kysely)), ...own }) },
    allowUnorderedMigrations: true, // each directory counts from 1
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new Error(`migration ${failed ?? '(none begun)'} failed: ${errorMessage(error)}`, { cause: error });
  }
  return (results ?? []).map((result) => result.migrationName);
}

/**
 * kysely refuses a database with a migration that it is given no file for. Those of other directories and of a newer
 * version stand in as empty ones; they are never run, because they have been.
 */
async function appliedBefore(kysely: Kysely<unknown>): Promise<Record<string, Migration>> {
  const found = await sql<{ name: string }>`select name from ${sql.table(migrationTable)}`.execute(kysely);
  return Object.fromEntries(found.rows.map(({ name }) => [name, { up: async () => undefined }]));
}

async function readMigrations(directory: string): Promise<Record<string, Migration>> {
  const migrations: Record<string, Migration> = {};
  for (const file of await readdir(directory)) {
    if (!file.endsWith('.sql')) continue;
    if (!fileName.test(file)) throw new Error(`migration ${file} is not named 000N_<what>.sql`);
    const text = await readFile(join(directory, file), 'utf8');
    migrations[file.slice(0, -'.sql'.length)] = {
      up: async (tx) => {
        await sql.raw(text).execute(tx);
      },
    };
  }
  return migrations;
}

function assertNamesDiffer(names: string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two directories have a migration ${twice}.sql`);
}
