import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { migrate, idempotencyMigration, uuidv7, type Tx } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { mitigated } from '@stampede/topology';
import { sql } from 'kysely';
import { allocateExhaustively, allocateQuickly, type Allocation } from '../src/allocate-seats';
import { insertBlocks } from '../src/block.sql';
import { NO_LOCKS, ROW_LOCKS, type SectionLocks } from '../src/section.sql';

let store: TestDatabase;

beforeAll(async () => {
  store = await testDatabase('inventory_locks');
  await migrate(store.database, [idempotencyMigration, join(__dirname, '..', 'migrations')]);
});
afterAll(() => store.drop());

type Allocate = (tx: Tx, block: { eventId: string; category: string }, locks: SectionLocks) => Promise<Allocation>;
const quickly: Allocate = (tx, block, locks) => allocateQuickly(tx, block, [2], { fromSection: 0, locks });
const exhaustively: Allocate = (tx, block, locks) => allocateExhaustively(tx, block, [2], locks);

/** Two buyers at the same time: the second asks while the first has seats that are not committed. */
async function twoBuyers(allocate: Allocate, locks: SectionLocks): Promise<(number[] | undefined)[]> {
  const { database } = store;
  const block = { eventId: uuidv7(), category: 'CAT1' as const };
  await database.transaction((tx) => insertBlocks(tx, [{ ...block, capacity: 100 }]));
  const taken = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const first = database.transaction(async (tx) => {
    const allocation = await allocate(tx, block, locks);
    taken.resolve();
    await asked.promise;
    return allocation;
  });
  await taken.promise;
  const second = database.transaction((tx) => allocate(tx, block, locks));
  await Promise.race([second, somebodyWaits()]);
  asked.resolve();
  return (await Promise.all([first, second])).map((allocation) => allocation.get(0));
}

async function somebodyWaits(): Promise<void> {
  const waiting = sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted`;
  while ((await waiting.execute(store.database.kysely)).rows[0]?.n === 0) await delay(5);
}

test('of two buyers at the same time the second passes by the section of the first, or waits for it', async () => {
  const locks = mitigated('lock-sections', ROW_LOCKS, NO_LOCKS, {});
  expect(await twoBuyers(quickly, locks)).toEqual([[0, 1], undefined]);
  expect(await twoBuyers(exhaustively, locks)).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

test('a lab without the locks gives both the same seats', async () => {
  for (const allocate of [quickly, exhaustively]) {
    expect(await twoBuyers(allocate, NO_LOCKS)).toEqual([
      [0, 1],
      [0, 1],
    ]);
  }
});
