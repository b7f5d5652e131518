import { withDatabase } from './database-client';

/** `18.1`, as the PostgreSQL server itself says. */
export function serverVersion(serverUrl: string): Promise<string> {
  return withDatabase(serverUrl, 'postgres', async (client) => {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version.split(' ')[0] ?? 'unknown';
  });
}
