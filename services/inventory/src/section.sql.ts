import type { Tx } from '@stampede/db';
import { sql, type RawBuilder } from 'kysely';
import { freeSeats, longestRun, type FreeMasks } from './seat-map';

/** A section whose row this transaction has locked. */
export interface LockedSection {
  readonly section_no: number;
  readonly free_masks: FreeMasks;
}

/** What keeps two transactions from taking seats of one section at a time. */
export interface SectionLocks {
  /** Takes a row that nobody else has. */
  readonly skip: RawBuilder<unknown>;
  /** Waits until nobody else has the row. */
  readonly wait: RawBuilder<unknown>;
}

export const ROW_LOCKS: SectionLocks = { skip: sql`FOR UPDATE SKIP LOCKED`, wait: sql`FOR UPDATE` };
/** For the control of a claim: each takes seats from what it has read. */
export const NO_LOCKS: SectionLocks = { skip: sql``, wait: sql`` };

export interface BlockId {
  readonly eventId: string;
  readonly category: string;
}

/**
 * Locks one section with that many free seats side by side that nobody else has locked, searching upwards from
 * `fromSection` and around.
 */
export async function lockAnySection(
  tx: Tx,
  block: BlockId,
  run: number,
  { fromSection, locks }: { readonly fromSection: number; readonly locks: SectionLocks },
): Promise<LockedSection | undefined> {
  const { rows } = await sql<LockedSection>`
    SELECT section_no, free_masks FROM section
    WHERE event_id = ${block.eventId} AND category = ${block.category} AND longest_run >= ${run}
    ORDER BY section_no < ${fromSection}, section_no LIMIT 1 ${locks.skip}`.execute(tx);
  return rows[0];
}

/**
 * Locks every section that has free seats, waiting for others; in one order, so that two of these cannot wait for each
 * other.
 */
export async function lockFreeSections(tx: Tx, block: BlockId, locks: SectionLocks): Promise<LockedSection[]> {
  const { rows } = await sql<LockedSection>`
    SELECT section_no, free_masks FROM section
    WHERE event_id = ${block.eventId} AND category = ${block.category} AND free_seats > 0
    ORDER BY section_no ${locks.wait}`.execute(tx);
  return rows;
}

/** Locks the sections named, in one order. */
export async function lockSections(tx: Tx, block: BlockId, numbers: readonly number[]): Promise<LockedSection[]> {
  const { rows } = await sql<LockedSection>`
    SELECT section_no, free_masks FROM section
    WHERE event_id = ${block.eventId} AND category = ${block.category} AND section_no = ANY(${numbers}::integer[])
    ORDER BY section_no FOR UPDATE`.execute(tx);
  return rows;
}

/** Writes the free seats of locked sections. */
export async function writeSections(tx: Tx, block: BlockId, sections: readonly LockedSection[]): Promise<void> {
  const rows = sections.map(({ section_no, free_masks }) => ({
    section_no,
    free_masks,
    free_seats: freeSeats(free_masks),
    longest_run: longestRun(free_masks),
  }));
  await sql`
    UPDATE section SET free_masks = changed.free_masks, free_seats = changed.free_seats,
      longest_run = changed.longest_run
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS changed(section_no integer, free_masks integer[], free_seats integer, longest_run integer)
    WHERE section.event_id = ${block.eventId} AND section.category = ${block.category}
      AND section.section_no = changed.section_no`.execute(tx);
}
