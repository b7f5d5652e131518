import type { Tx } from '@stampede/db';
import { uncountSeats } from './buyer-seats.sql';
import { endHolds, type HoldRow } from './hold.sql';
import { SECTION_SEATS, giveBack } from './seat-map';
import { lockSections, writeSections, type BlockId } from './section.sql';

/** Gives the seats of locked holds back. Order of locks, as in `holdBatch`: holds (the caller's), buyers, sections. */
export async function endHoldsNow(tx: Tx, holds: readonly HoldRow[], state: 'released' | 'expired'): Promise<void> {
  for (const [eventId, ofEvent] of inOrder(holds, ({ event_id }) => event_id)) {
    await uncountSeats(
      tx,
      eventId,
      ofEvent.map(({ buyer_id, seat_indexes }) => ({ buyerId: buyer_id, seats: seat_indexes.length })),
    );
  }
  for (const [, ofBlock] of inOrder(holds, ({ event_id, category }) => `${event_id} ${category}`)) {
    const [first] = ofBlock;
    if (first !== undefined) await freeSeatsOf(tx, { eventId: first.event_id, category: first.category }, ofBlock);
  }
  await endHolds(
    tx,
    holds.map(({ hold_id }) => hold_id),
    state,
  );
}

async function freeSeatsOf(tx: Tx, block: BlockId, holds: readonly HoldRow[]): Promise<void> {
  const seatsBySection = Map.groupBy(
    holds.flatMap(({ seat_indexes }) => seat_indexes),
    (index) => Math.floor(index / SECTION_SEATS),
  );
  const sections = await lockSections(tx, block, [...seatsBySection.keys()]);
  for (const section of sections) {
    const seats = seatsBySection.get(section.section_no) ?? [];
    giveBack(
      section.free_masks,
      seats.map((index) => index % SECTION_SEATS),
    );
  }
  await writeSections(tx, block, sections);
}

function inOrder<T>(items: readonly T[], keyOf: (item: T) => string): [string, T[]][] {
  return [...Map.groupBy(items, keyOf)].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
