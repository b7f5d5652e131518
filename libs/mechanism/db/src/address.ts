import { Client } from 'pg';
import { errorCode } from './error-code';

const CONNECT_TIMEOUT_MS = 5_000;
const noSuchDatabase = '3D000';
const duplicateDatabase = '42P04';
/** Two sessions that create the same database at the same moment meet at the catalogue's unique index. */
const uniqueViolation = '23505';

/**
 * The address of a service's own database: `<SERVICE>_DATABASE_URL` if set, else the database named like the service
 * on the server that `DATABASE_URL` names.
 * @throws Error that names both variables when neither is set, or the one that is no address
 */
export function serviceDatabaseUrl(env: NodeJS.ProcessEnv, service: string): string {
  const variable = `${service.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
  const own = env[variable];
  if (own !== undefined && own !== '') return parse(own, variable).href;
  const server = env['DATABASE_URL'];
  if (server === undefined || server === '') throw new Error(`set DATABASE_URL or ${variable} to postgres://host:port`);
  return withDatabase(parse(server, 'DATABASE_URL'), service);
}

/**
 * Creates the database `name` on the server unless it is there, also when several ask at once; returns its address. An
 * address that names this very database is enough: its user need not be let into another where it is there already.
 */
export async function ensureDatabase(serverUrl: string, name: string): Promise<string> {
  const server = parse(serverUrl, 'the server address');
  if (server.pathname.length <= 1) server.pathname = '/postgres';
  const client = await connect(server).catch((error: unknown) => {
    if (errorCode(error) !== noSuchDatabase) throw error;
    return connect(new URL(withDatabase(server, 'postgres')));
  });
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } catch (error) {
    const state = errorCode(error);
    if (state !== duplicateDatabase && state !== uniqueViolation) throw error;
  } finally {
    await client.end();
  }
  return withDatabase(server, name);
}

async function connect(address: URL): Promise<Client> {
  const client = new Client({ connectionString: address.href, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined); // the query under way reports it
  await client.connect();
  return client;
}

function withDatabase(server: URL, name: string): string {
  const url = new URL(server.href);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

function parse(text: string, variable: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new Error(`${variable} must be an address like postgres://user:password@host:5432`);
  }
  return url;
}
