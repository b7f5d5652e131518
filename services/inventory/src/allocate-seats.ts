import type { Tx } from '@stampede/db';
import { SECTION_SEATS, freeSeats, takeAdjacent, takeAny } from './seat-map';
import {
  lockAnySection,
  lockFreeSections,
  writeSections,
  type BlockId,
  type LockedSection,
  type SectionLocks,
} from './section.sql';

/** Seat indexes within the category, by the place of the request in the list; missing where too few seats were free. */
export type Allocation = Map<number, number[]>;

/** A batch of holds touches that many sections at most before it waits for none but all. */
const MOST_SECTIONS = 4;

/**
 * Takes seats for several requests at once, each side by side. Locks only sections that nobody else is working on, and
 * never waits, so buyers of one category do not queue for one row. A request that found none may still find some by
 * `allocateExhaustively`.
 */
export async function allocateQuickly(
  tx: Tx,
  block: BlockId,
  quantities: readonly number[],
  search: { readonly fromSection: number; readonly locks: SectionLocks },
): Promise<Allocation> {
  const allocation: Allocation = new Map();
  for (let round = 0; round < MOST_SECTIONS; round += 1) {
    const next = quantities.findIndex((_, place) => !allocation.has(place));
    const run = quantities[next];
    if (run === undefined) break;
    const section = await lockAnySection(tx, block, run, search);
    if (section === undefined) break;
    takeFrom(section, quantities, allocation);
    await writeSections(tx, block, [section]);
  }
  return allocation;
}

/**
 * Takes seats for each request that can have them at all: side by side where the category still has such seats, apart
 * where it has not. Waits for everybody who is working on the category; what is missing from the result is sold out.
 */
export async function allocateExhaustively(
  tx: Tx,
  block: BlockId,
  quantities: readonly number[],
  locks: SectionLocks,
): Promise<Allocation> {
  const sections = await lockFreeSections(tx, block, locks);
  const allocation: Allocation = new Map();
  for (const section of sections) takeFrom(section, quantities, allocation);
  for (const [place, quantity] of quantities.entries()) {
    if (allocation.has(place)) continue;
    const free = sections.reduce((sum, { free_masks }) => sum + freeSeats(free_masks), 0);
    if (free >= quantity) allocation.set(place, scattered(sections, quantity));
  }
  if (allocation.size > 0) await writeSections(tx, block, sections);
  return allocation;
}

function takeFrom(section: LockedSection, quantities: readonly number[], allocation: Allocation): void {
  for (const [place, quantity] of quantities.entries()) {
    if (allocation.has(place)) continue;
    const seats = takeAdjacent(section.free_masks, quantity);
    if (seats !== undefined)
      allocation.set(
        place,
        seats.map((seat) => seatIndex(section, seat)),
      );
  }
}

function scattered(sections: readonly LockedSection[], quantity: number): number[] {
  const seats: number[] = [];
  for (const section of sections) {
    seats.push(...takeAny(section.free_masks, quantity - seats.length).map((seat) => seatIndex(section, seat)));
  }
  return seats;
}

function seatIndex(section: LockedSection, seat: number): number {
  return section.section_no * SECTION_SEATS + seat;
}
