import { uuidv7, type Database } from '@stampede/db';
import { sql } from 'kysely';
import { insertDrafts } from './event.sql';
import { seededEvents } from './seed';
import { venueDate } from './venue-date';

/**
 * Stores the fixtures as drafts the first time, however many replicas start at once; the gateway's sweep puts them on
 * sale.
 */
export async function seedOnce(database: Database, now: Date): Promise<void> {
  await database.transaction(async (tx) => {
    const { numAffectedRows } =
      await sql`INSERT INTO seeding (source) VALUES ('worldcup-2026') ON CONFLICT DO NOTHING`.execute(tx);
    if (numAffectedRows !== 1n) return;
    await insertDrafts(
      tx,
      seededEvents(now).map((event) => ({ eventId: uuidv7(), organiserId: null, localDate: venueDate(event), event })),
    );
  });
}
