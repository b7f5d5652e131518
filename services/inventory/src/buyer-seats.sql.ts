import type { Tx } from '@stampede/db';
import { sql } from 'kysely';

export interface BuyerSeats {
  readonly buyerId: string;
  readonly seats: number;
}

/** Counts seats to their buyers where the limit allows; returns the buyers it allowed. Each buyer may be named once. */
export async function countSeats(
  tx: Tx,
  eventId: string,
  wanted: readonly BuyerSeats[],
  most: number,
): Promise<ReadonlySet<string>> {
  const ordered = wanted.toSorted((a, b) => (a.buyerId < b.buyerId ? -1 : 1)); // one order of locks for everybody
  const { rows } = await sql<{ buyer_id: string }>`
    INSERT INTO buyer_seats (event_id, buyer_id, seats)
    SELECT ${eventId}, "buyerId", seats FROM jsonb_to_recordset(${JSON.stringify(ordered)}::jsonb)
      AS wanted("buyerId" uuid, seats integer)
    WHERE seats <= ${most}
    ON CONFLICT (event_id, buyer_id) DO UPDATE SET seats = buyer_seats.seats + excluded.seats
      WHERE buyer_seats.seats + excluded.seats <= ${most}
    RETURNING buyer_id`.execute(tx);
  return new Set(rows.map(({ buyer_id }) => buyer_id));
}

/** Takes seats off their buyers' counts. Several rows of one buyer are added up. */
export async function uncountSeats(tx: Tx, eventId: string, returned: readonly BuyerSeats[]): Promise<void> {
  if (returned.length === 0) return;
  await sql`
    WITH returned AS (
      SELECT "buyerId" AS buyer_id, sum(seats)::integer AS seats
      FROM jsonb_to_recordset(${JSON.stringify(returned)}::jsonb) AS row("buyerId" uuid,
        seats integer) GROUP BY "buyerId"
    ), locked AS (
      SELECT buyer_seats.buyer_id, returned.seats FROM buyer_seats JOIN returned USING (buyer_id)
      WHERE event_id = ${eventId} ORDER BY buyer_seats.buyer_id FOR UPDATE OF buyer_seats
    )
    UPDATE buyer_seats SET seats = buyer_seats.seats - locked.seats FROM locked
    WHERE event_id = ${eventId} AND buyer_seats.buyer_id = locked.buyer_id`.execute(tx);
}
