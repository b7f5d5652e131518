export { ensureDatabase, serviceDatabaseUrl } from './address';
export { eraseEmbeddedPostgres } from './cluster';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded';
export { EmbeddedPostgresError, type EmbeddedPostgresCode } from './embedded.errors';
export { migrate } from './migrate';
export type { Database, DatabaseOptions, Tx } from './port';
export { openDatabase } from './postgres';
export { isTransient } from './transient';
export { uuidv7 } from './uuidv7';
