import type { CloudEvent } from '@stampede/contracts';
import { type Database, migrate, uuidv7 } from '@stampede/db';
import { type TestDatabase, testDatabase } from '@stampede/db/testing';
import fc from 'fast-check';
import { sql } from 'kysely';
import { applyOnce, inboxMigration, parkedEvents } from '../src';

let db: TestDatabase;
let database: Database;

beforeAll(async () => {
  db = await testDatabase('inbox');
  database = db.database;
  await migrate(database, [inboxMigration]);
  await sql`create table effect (n bigint generated always as identity, subject text, sequence int)`.execute(
    database.kysely,
  );
});
afterAll(() => db.drop());

const eventIds = new Map<string, string>();

/** The same event each time it is asked for. */
function eventOf(subject: string, sequence: number): CloudEvent {
  const key = `${subject}/${sequence}`;
  const id = eventIds.get(key) ?? uuidv7();
  eventIds.set(key, id);
  const time = '2026-06-11T18:00:00.000Z';
  return {
    specversion: '1.0',
    id,
    type: 'order.changed',
    source: 'orders',
    time,
    subject,
    sequence,
    dataversion: '1',
    data: { sequence },
  };
}

/** Delivers once: the effect is a row, in the transaction of the inbox. */
function deliver(subject: string, sequence: number, consumer = 'billing') {
  return database.transaction((tx) =>
    applyOnce(tx, consumer, eventOf(subject, sequence), async (event) => {
      const data = event.data as { sequence: number };
      await sql`insert into effect (subject, sequence) values (${event.subject}, ${data.sequence})`.execute(tx);
    }),
  );
}

async function effectsOf(subject: string): Promise<number[]> {
  const { rows } = await sql<{
    sequence: number;
  }>`select sequence from effect where subject = ${subject} order by n`.execute(database.kysely);
  return rows.map((row) => row.sequence);
}

async function marksOf(subject: string): Promise<{ eventId: string; sequence: number }[]> {
  const { rows } = await sql<{ eventId: string; sequence: number }>`
    select event_id as "eventId", sequence from inbox where subject = ${subject} order by sequence`.execute(
    database.kysely,
  );
  return rows;
}

test('an event is applied, and a repeated one is not applied again', async () => {
  const subject = uuidv7();
  expect(await deliver(subject, 1)).toBe('applied');
  expect(await deliver(subject, 1)).toBe('duplicate');
  expect(await effectsOf(subject)).toEqual([1]);
  expect(await marksOf(subject)).toEqual([{ eventId: eventOf(subject, 1).id, sequence: 1 }]);
});

test('an event that comes too early is parked, and applied when the gap closes, in order and once', async () => {
  const subject = uuidv7();
  expect(await deliver(subject, 3)).toBe('parked');
  expect(await deliver(subject, 2)).toBe('parked');
  expect(await deliver(subject, 3)).toBe('parked');
  expect(await deliver(subject, 5)).toBe('parked');
  expect((await parkedEvents(database)).parked).toBe(3);
  expect(await effectsOf(subject)).toEqual([]);
  expect(await deliver(subject, 1)).toBe('applied');
  expect(await effectsOf(subject)).toEqual([1, 2, 3]);
  expect((await parkedEvents(database)).parked).toBe(1);
  expect(await deliver(subject, 3)).toBe('duplicate');
  expect(await deliver(subject, 4)).toBe('applied');
  expect(await effectsOf(subject)).toEqual([1, 2, 3, 4, 5]);
  expect(await parkedEvents(database)).toEqual({ parked: 0, oldestAgeMs: 0 });
});

test('each consumer applies every event for itself', async () => {
  const subject = uuidv7();
  expect(await deliver(subject, 1, 'billing')).toBe('applied');
  expect(await deliver(subject, 1, 'notifications')).toBe('applied');
});

test('an effect that throws leaves nothing: the event counts as not delivered', async () => {
  const subject = uuidv7();
  await deliver(subject, 2);
  const failing = database.transaction((tx) =>
    applyOnce(tx, 'billing', eventOf(subject, 1), async (event) => {
      if (event.sequence === 2) {
        throw new Error('a bug met while draining');
      }
    }),
  );
  await expect(failing).rejects.toThrow('a bug met while draining');
  expect(await marksOf(subject)).toEqual([]);
  expect(await deliver(subject, 1)).toBe('applied');
  expect(await effectsOf(subject)).toEqual([1, 2]);
});

test('two deliveries of one event at the same time apply it once', async () => {
  const subject = uuidv7();
  const outcomes = await Promise.all([deliver(subject, 1), deliver(subject, 1), deliver(subject, 1)]);
  expect(outcomes.toSorted()).toEqual(['applied', 'duplicate', 'duplicate']);
  expect(await effectsOf(subject)).toEqual([1]);
});

test('whatever comes, in whatever order, repeated and at the same time, is applied once and in order', async () => {
  const sequences = fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 8, maxLength: 8 });
  const repeats = fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(sequences, repeats, fc.boolean(), async (first, again, together) => {
      const subject = uuidv7();
      const deliveries = [...again, ...first];
      if (together) {
        await Promise.all(deliveries.map((sequence) => deliver(subject, sequence)));
      } else {
        for (const sequence of deliveries) {
          await deliver(subject, sequence);
        }
      }
      expect(await effectsOf(subject)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    }),
    { numRuns: 40 },
  );
  expect((await parkedEvents(database)).parked).toBe(0);
});
