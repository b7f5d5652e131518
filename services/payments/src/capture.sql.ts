import type { CaptureOutcome, DeclineCode } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { sql } from 'kysely';

export interface CaptureRow {
  readonly order_id: string;
  readonly attempt: number;
  readonly key: string;
  readonly status: 'intent' | 'unsent' | 'captured' | 'declined' | 'never' | 'refunded';
  readonly amount: number;
  readonly currency: string;
  readonly decline_code: DeclineCode | null;
}

/** The latest attempt for an order; undefined where there was none. */
export async function selectLatest({ kysely }: Database, orderId: string): Promise<CaptureRow | undefined> {
  const { rows } = await sql<CaptureRow>`
    SELECT order_id, attempt, key, status, amount, currency, decline_code FROM capture
    WHERE order_id = ${orderId} ORDER BY attempt DESC LIMIT 1`.execute(kysely);
  return rows[0];
}

/** Stores the intent to capture, unless another caller just did: then undefined, and that one's row is the latest. */
export async function insertIntent(
  { kysely }: Database,
  intent: { orderId: string; attempt: number; amount: number; currency: string },
): Promise<CaptureRow | undefined> {
  const { orderId, attempt, amount, currency } = intent;
  const { rows } = await sql<CaptureRow>`
    INSERT INTO capture (order_id, attempt, key, status, amount, currency)
    VALUES (${orderId}, ${attempt}, ${providerKey(orderId, attempt)}, 'intent', ${amount}, ${currency})
    ON CONFLICT DO NOTHING
    RETURNING order_id, attempt, key, status, amount, currency, decline_code`.execute(kysely);
  return rows[0];
}

/** From `unsent` back to `intent`, by one caller alone. */
export async function reopenIntent({ kysely }: Database, key: string): Promise<boolean> {
  const { numAffectedRows } = await sql`UPDATE capture SET status = 'intent' WHERE key = ${key} AND status = 'unsent'`.execute(kysely);
  return numAffectedRows === 1n;
}

/** The call was certainly not sent. */
export async function markUnsent({ kysely }: Database, key: string): Promise<void> {
  await sql`UPDATE capture SET status = 'unsent' WHERE key = ${key} AND status = 'intent'`.execute(kysely);
}

/** What the provider said. What was settled before stays as it is. */
export async function settle({ kysely }: Database, key: string, outcome: CaptureOutcome): Promise<void> {
  const declineCode = outcome.outcome === 'declined' ? outcome.declineCode : null;
  await sql`
    UPDATE capture SET status = ${outcome.outcome}, decline_code = ${declineCode}, settled_at = now()
    WHERE key = ${key} AND status IN ('intent', 'unsent')`.execute(kysely);
}

export async function markRefunded({ kysely }: Database, key: string): Promise<void> {
  await sql`UPDATE capture SET status = 'refunded', settled_at = now() WHERE key = ${key} AND status = 'captured'`.execute(kysely);
}

/** The order's id for its first attempt, so that anyone can find it in the provider's statement; `<id>.2` and on after void ones. */
function providerKey(orderId: string, attempt: number): string {
  return attempt === 1 ? orderId : `${orderId}.${attempt}`;
}
