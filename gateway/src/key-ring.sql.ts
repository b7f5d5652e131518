import type { Database, Tx } from '@stampede/db';
import type { JWK } from 'jose';
import { sql } from 'kysely';

export interface KeyRow {
  readonly kid: string;
  readonly private_jwk: JWK;
  readonly public_jwk: JWK;
  readonly retires_at: Date | null;
  /** By the database's clock. */
  readonly age_ms: number;
}

/** Keys that verify, the signing one first. */
export async function selectKeys(db: Database['kysely'] | Tx): Promise<KeyRow[]> {
  const { rows } = await sql<KeyRow>`
    SELECT kid, private_jwk, public_jwk, retires_at, (extract(epoch FROM now() - created_at) * 1000)::float8 AS age_ms
    FROM signing_key WHERE retires_at IS NULL OR retires_at > now() ORDER BY retires_at IS NULL DESC,
      created_at DESC`.execute(db);
  return rows;
}

/** One replica at a time changes the ring, until its transaction ends. */
export async function lockRing(tx: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('gateway key ring'))`.execute(tx);
}

/** The new key signs from now on; those before it verify for `overlapMs` more. */
export async function insertKey(
  tx: Tx,
  key: { kid: string; privateJwk: JWK; publicJwk: JWK },
  overlapMs: number,
): Promise<void> {
  await sql`
    UPDATE signing_key SET retires_at = now() + ${overlapMs} * interval '1 millisecond'
      WHERE retires_at IS NULL`.execute(tx);
  await sql`
    INSERT INTO signing_key (kid, private_jwk, public_jwk)
    VALUES (${key.kid}, ${JSON.stringify(key.privateJwk)}::jsonb, ${JSON.stringify(key.publicJwk)}::jsonb)`.execute(tx);
}
