import type { Category } from '@stampede/contracts';
import type { Database, Tx } from '@stampede/db';
import { sql } from 'kysely';
import { SECTION_SEATS, emptySection, longestRun } from './seat-map';

export interface NewBlock {
  readonly eventId: string;
  readonly category: Category;
  readonly capacity: number;
}

/** Stores categories with all their seats free; those that are there already stay as they are. */
export async function insertBlocks(tx: Tx, blocks: readonly NewBlock[]): Promise<void> {
  const { rows: inserted } = await sql<{ event_id: string; category: Category; capacity: number }>`
    INSERT INTO block (event_id, category, capacity)
    SELECT "eventId", category, capacity
    FROM jsonb_to_recordset(${JSON.stringify(blocks)}::jsonb) AS new("eventId" uuid, category text, capacity integer)
    ON CONFLICT DO NOTHING RETURNING event_id, category, capacity`.execute(tx);
  const whole = emptySection(SECTION_SEATS);
  const last = inserted
    .filter(({ capacity }) => capacity % SECTION_SEATS !== 0)
    .map((block) => ({
      ...block,
      seats: block.capacity % SECTION_SEATS,
      masks: emptySection(block.capacity % SECTION_SEATS),
    }))
    .map((block) => ({ ...block, run: longestRun(block.masks) }));
  await sql`
    INSERT INTO section (event_id, category, section_no, free_masks, free_seats, longest_run)
    SELECT event_id, category, section_no, ${whole}::integer[], ${SECTION_SEATS}, ${longestRun(whole)}
    FROM jsonb_to_recordset(${JSON.stringify(inserted)}::jsonb) AS block(event_id uuid, category text,
      capacity integer),
      generate_series(0, capacity / ${SECTION_SEATS}::integer - 1) AS section_no
    UNION ALL
    SELECT event_id, category, capacity / ${SECTION_SEATS}::integer, masks, seats, run
    FROM jsonb_to_recordset(${JSON.stringify(last)}::jsonb)
      AS part(event_id uuid, category text, capacity integer, seats integer, masks integer[], run integer)`.execute(tx);
}

export interface Availability {
  readonly category: Category;
  readonly capacity: number;
  readonly available: number;
}

/** Free seats by category; empty for an unknown event. */
export async function selectAvailability({ kysely }: Database, eventId: string): Promise<Availability[]> {
  const { rows } = await sql<Availability>`
    SELECT category, capacity, sum(free_seats)::integer AS available
    FROM block JOIN section USING (event_id, category) WHERE event_id = ${eventId}
    GROUP BY category, capacity ORDER BY category`.execute(kysely);
  return rows;
}

export async function blockExists({ kysely }: Database, eventId: string, category: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM block WHERE event_id = ${eventId} AND category = ${category}`.execute(
    kysely,
  );
  return rows.length > 0;
}
