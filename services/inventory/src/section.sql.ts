import type { Tx } from '@stampede/db';
import { sql } from 'kysely';
import { freeSeats, longestRun, type FreeMasks } from './seat-map';

/** A section whose row this transaction has locked. */
export interface LockedSection {
  readonly section_no: number;
  readonly free_masks: FreeMasks;
}

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
  fromSection: number,
): Promise<LockedSection | undefined> {
  const { rows } = await sql<LockedSection>`
    SELECT section_no, free_masks FROM section
    WHERE event_id = ${block.eventId} AND category = ${block.category} AND longest_run >= ${run}
    ORDER BY section_no < ${fromSection}, section_no LIMIT 1 FOR UPDATE SKIP LOCKED`.execute(tx);
  return rows[0];
}

/**
 * Locks every section that has free seats, waiting for others; in one order, so that two of these cannot wait for each
 * other.
 */
export async function lockFreeSections(tx: Tx, block: BlockId): Promise<LockedSection[]> {
  const { rows } = await sql<LockedSection>`
    SELECT section_no, free_masks FROM section
    WHERE event_id = ${block.eventId} AND category = ${block.category} AND free_seats > 0
    ORDER BY section_no FOR UPDATE`.execute(tx);
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
