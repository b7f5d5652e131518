import type { Hold, Quote } from '@stampede/contracts';
import type { Database, Tx } from '@stampede/db';
import { sql, type Kysely } from 'kysely';
import { seatName } from './seat-map';

type Executor = Kysely<unknown> | Tx;

export type HoldState = 'held' | 'claimed' | 'sold' | 'released' | 'expired';

export interface HoldRow {
  readonly hold_id: string;
  readonly event_id: string;
  readonly category: Hold['category'];
  readonly buyer_id: string;
  readonly seat_indexes: number[];
  readonly state: HoldState;
  readonly order_id: string | null;
  readonly quote: Quote;
  readonly expires_at: Date;
  /** By the database's clock, which all replicas share. */
  readonly over: boolean;
}

export interface NewHold {
  readonly holdId: string;
  readonly buyerId: string;
  readonly seatIndexes: readonly number[];
  readonly quote: Quote;
}

/** Stores holds of one category; they expire `ttlMs` from now. Returns when that is. */
export async function insertHolds(
  tx: Tx,
  block: { eventId: string; category: string },
  holds: readonly NewHold[],
  ttlMs: number,
): Promise<Date> {
  const { rows } = await sql<{ expires_at: Date }>`
    INSERT INTO hold (hold_id, event_id, category, buyer_id, seat_indexes, state, quote, expires_at)
    SELECT "holdId", ${block.eventId}, ${block.category}, "buyerId", "seatIndexes", 'held', quote,
      now() + ${ttlMs} * interval '1 millisecond'
    FROM jsonb_to_recordset(${JSON.stringify(holds)}::jsonb) AS new("holdId" uuid, "buyerId" uuid,
      "seatIndexes" integer[], quote jsonb)
    RETURNING expires_at`.execute(tx);
  const expiresAt = rows[0]?.expires_at;
  if (expiresAt === undefined) throw new Error('no hold was stored');
  return expiresAt;
}

const COLUMNS = sql`hold_id, event_id, category, buyer_id, seat_indexes, state, order_id, quote, expires_at,
  expires_at <= clock_timestamp() AS over`;

export async function selectHold(db: Executor, holdId: string): Promise<HoldRow | undefined> {
  const { rows } = await sql<HoldRow>`SELECT ${COLUMNS} FROM hold WHERE hold_id = ${holdId}`.execute(db);
  return rows[0];
}

/** As `selectHold`, and nobody changes it before this transaction ends. */
export async function lockHold(tx: Tx, holdId: string): Promise<HoldRow | undefined> {
  const { rows } = await sql<HoldRow>`SELECT ${COLUMNS} FROM hold WHERE hold_id = ${holdId} FOR UPDATE`.execute(tx);
  return rows[0];
}

/** Binds a hold that is still good to an order. Returns it, or undefined where it was not good any more. */
export async function claimForOrder(
  { kysely }: Database,
  claim: { holdId: string; buyerId: string; orderId: string; ttlMs: number },
): Promise<HoldRow | undefined> {
  const { rows } = await sql<HoldRow>`
    UPDATE hold SET state = 'claimed', order_id = ${claim.orderId},
      expires_at = GREATEST(expires_at, clock_timestamp() + ${claim.ttlMs} * interval '1 millisecond')
    WHERE hold_id = ${claim.holdId} AND buyer_id = ${claim.buyerId} AND state = 'held'
      AND expires_at > clock_timestamp()
    RETURNING ${COLUMNS}`.execute(kysely);
  return rows[0];
}

/** The claimed hold becomes a sale. Returns it, or undefined where the order has no good claim. */
export async function sellToOrder({ kysely }: Database, holdId: string, orderId: string): Promise<HoldRow | undefined> {
  const { rows } = await sql<HoldRow>`
    UPDATE hold SET state = 'sold'
    WHERE hold_id = ${holdId} AND order_id = ${orderId} AND state = 'claimed' AND expires_at > clock_timestamp()
    RETURNING ${COLUMNS}`.execute(kysely);
  return rows[0];
}

export async function endHolds(tx: Tx, holdIds: readonly string[], state: 'released' | 'expired'): Promise<void> {
  await sql`UPDATE hold SET state = ${state} WHERE hold_id = ANY(${holdIds}::uuid[])`.execute(tx);
}

/** Locks up to `most` holds whose time is over and that nobody else is ending. */
export async function lockOverdue(tx: Tx, most: number): Promise<HoldRow[]> {
  const { rows } = await sql<HoldRow>`
    SELECT ${COLUMNS} FROM hold WHERE state IN ('held', 'claimed') AND expires_at <= clock_timestamp()
    ORDER BY expires_at LIMIT ${most} FOR UPDATE SKIP LOCKED`.execute(tx);
  return rows;
}

/** Forgets up to `most` holds that gave their seats back and could not have lived for the last `keepMs`. */
export async function deleteEnded({ kysely }: Database, keepMs: number, most: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM hold WHERE hold_id IN (
      SELECT hold_id FROM hold WHERE state IN ('released', 'expired')
        AND expires_at < now() - ${keepMs} * interval '1 millisecond'
      ORDER BY expires_at LIMIT ${most} FOR UPDATE SKIP LOCKED)`.execute(kysely);
  return Number(numAffectedRows);
}

/** A hold as its buyer sees it. */
export function holdView(row: Omit<HoldRow, 'state' | 'order_id' | 'over' | 'buyer_id'>): Hold {
  return {
    holdId: row.hold_id,
    eventId: row.event_id,
    category: row.category,
    seats: row.seat_indexes.map(seatName),
    expiresAt: row.expires_at.toISOString(),
    quote: row.quote,
  };
}
