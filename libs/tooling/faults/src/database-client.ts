import { Client } from 'pg';

/** One connection to a database of the shop's server, for as long as `use` takes. */
export async function withDatabase<T>(
  serverUrl: string,
  database: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await openClient(serverUrl, database);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** `end` it. Its loss, when the server goes, is no error of ours. */
export async function openClient(serverUrl: string, database: string): Promise<Client> {
  const client = new Client({ connectionString: `${serverUrl}/${database}`, application_name: 'lab' });
  client.on('error', () => undefined); // what waits for an answer hears of it
  await client.connect();
  return client;
}
