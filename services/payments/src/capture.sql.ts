import type { CaptureOutcome, DeclineCode } from '@stampede/contracts';
import type { Database, Tx } from '@stampede/db';
import { sql } from 'kysely';

export interface CaptureRow {
  readonly order_id: string;
  readonly attempt: number;
  readonly key: string;
  readonly status: 'intent' | 'unsent' | 'captured' | 'declined' | 'never' | 'refunded';
  readonly amount: number;
  readonly currency: string;
  readonly decline_code: DeclineCode | null;
  /** Another request is waiting for the provider's answer. */
  readonly in_flight: boolean;
}

/**
 * Locks an order's payment until this transaction ends, and seals its attempts up to `attempt` (0: none). Returns up to
 * which they are sealed.
 */
export async function lockAndSeal(tx: Tx, orderId: string, attempt: number): Promise<number> {
  const { rows } = await sql<{ sealed_attempt: number }>`
    INSERT INTO payment (order_id, sealed_attempt) VALUES (${orderId}, ${attempt})
    ON CONFLICT (order_id) DO UPDATE SET sealed_attempt = GREATEST(payment.sealed_attempt, excluded.sealed_attempt)
    RETURNING sealed_attempt`.execute(tx);
  return rows[0]?.sealed_attempt ?? 0;
}

const COLUMNS = sql`order_id, attempt, key, status, amount, currency, decline_code,
  COALESCE(in_flight_until > clock_timestamp(), false) AS in_flight`;

/** The latest attempt for an order; undefined where there was none. */
export async function selectLatest(tx: Tx, orderId: string): Promise<CaptureRow | undefined> {
  const { rows } = await sql<CaptureRow>`
    SELECT ${COLUMNS} FROM capture WHERE order_id = ${orderId} ORDER BY attempt DESC LIMIT 1`.execute(tx);
  return rows[0];
}

/** Stores the intent to capture, before anything is sent. */
export async function insertIntent(
  tx: Tx,
  intent: { orderId: string; attempt: number; amount: number; currency: string },
  inFlightMs: number,
): Promise<CaptureRow> {
  const { orderId, attempt, amount, currency } = intent;
  const { rows } = await sql<CaptureRow>`
    INSERT INTO capture (order_id, attempt, key, status, amount, currency, in_flight_until)
    VALUES (${orderId}, ${attempt}, ${providerKey(orderId, attempt)}, 'intent', ${amount}, ${currency},
      clock_timestamp() + ${inFlightMs} * interval '1 millisecond')
    RETURNING ${COLUMNS}`.execute(tx);
  return rows[0] as CaptureRow;
}

/** From `unsent` back to `intent`: it is about to be sent. */
export async function reopenIntent(tx: Tx, key: string, inFlightMs: number): Promise<void> {
  await sql`
    UPDATE capture SET status = 'intent', in_flight_until = clock_timestamp() + ${inFlightMs} * interval '1 millisecond'
    WHERE key = ${key} AND status = 'unsent'`.execute(tx);
}

/** The call has ended without an answer: whoever wants to know may ask. */
export async function markLost({ kysely }: Database, key: string): Promise<void> {
  await sql`UPDATE capture SET in_flight_until = NULL WHERE key = ${key}`.execute(kysely);
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
  await sql`UPDATE capture SET status = 'refunded', settled_at = now() WHERE key = ${key}
    AND status = 'captured'`.execute(kysely);
}

/**
 * The order's id for its first attempt, so that anyone can find it in the provider's statement; `<id>.<attempt>` for a
 * later one, which captures only where all before it captured nothing.
 */
function providerKey(orderId: string, attempt: number): string {
  return attempt === 1 ? orderId : `${orderId}.${attempt}`;
}
