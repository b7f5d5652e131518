import { withDatabase } from './database-client';

/** Transactions, committed and rolled back, of all databases of the server since its statistics began. */
export function serverTransactions(serverUrl: string): Promise<number> {
  return withDatabase(serverUrl, 'postgres', async (client) => {
    const { rows } = await client.query<{ total: string }>(
      'select sum(xact_commit + xact_rollback) as total from pg_stat_database',
    );
    return Number(rows[0]?.total);
  });
}
