import type { Database, Tx } from '@stampede/db';
import { sql } from 'kysely';

export async function selectBuyer(db: Database['kysely'] | Tx, email: string): Promise<string | undefined> {
  const { rows } = await sql<{ buyer_id: string }>`SELECT buyer_id FROM buyer WHERE email = ${email}`.execute(db);
  return rows[0]?.buyer_id;
}

/** False where the address has a buyer already. */
export async function insertBuyer(tx: Tx, buyerId: string, email: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    INSERT INTO buyer (buyer_id, email) VALUES (${buyerId}, ${email}) ON CONFLICT (email) DO NOTHING`.execute(tx);
  return numAffectedRows === 1n;
}
