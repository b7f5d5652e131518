import type { Tx } from '@stampede/db';
import { sql } from 'kysely';
import type { Letter } from './letter';

export interface NewMail extends Letter {
  readonly mailId: string;
  readonly orderId: string;
  readonly buyerId: string;
}

/**
 * Locks a buyer until this transaction ends and returns his address, null where it is not known yet. The lock is why no
 * letter is left behind when it is written at the moment the address arrives.
 */
export async function lockBuyer(tx: Tx, buyerId: string): Promise<string | null> {
  const { rows } = await sql<{ email: string | null }>`
    INSERT INTO buyer (buyer_id) VALUES (${buyerId})
    ON CONFLICT (buyer_id) DO UPDATE SET buyer_id = excluded.buyer_id RETURNING email`.execute(tx);
  return rows[0]?.email ?? null;
}

/** Keeps a buyer's address, and locks him as `lockBuyer` does. */
export async function storeAddress(tx: Tx, buyerId: string, email: string): Promise<void> {
  await sql`
    INSERT INTO buyer (buyer_id, email, learnt_at) VALUES (${buyerId}, ${email}, clock_timestamp())
    ON CONFLICT (buyer_id) DO UPDATE SET email = excluded.email, learnt_at = excluded.learnt_at`.execute(tx);
}

/** Writes a letter that has not been delivered. @throws unique_violation where the order has one */
export async function insertMail(tx: Tx, { mailId, orderId, buyerId, subject, body }: NewMail): Promise<void> {
  await sql`
    INSERT INTO mail (mail_id, order_id, buyer_id, subject, body)
    VALUES (${mailId}, ${orderId}, ${buyerId}, ${subject}, ${body})`.execute(tx);
}

/** Every letter of a buyer that waits for an address, oldest first. */
export async function selectWaiting(tx: Tx, buyerId: string): Promise<NewMail[]> {
  const { rows } = await sql<NewMail>`
    SELECT mail_id AS "mailId", order_id AS "orderId", buyer_id AS "buyerId", subject, body FROM mail
    WHERE buyer_id = ${buyerId} AND delivered_at IS NULL ORDER BY written_at`.execute(tx);
  return rows;
}

export async function markDelivered(tx: Tx, mailId: string, address: string): Promise<void> {
  await sql`
    UPDATE mail SET address = ${address}, delivered_at = clock_timestamp()
    WHERE mail_id = ${mailId} AND delivered_at IS NULL`.execute(tx);
}
