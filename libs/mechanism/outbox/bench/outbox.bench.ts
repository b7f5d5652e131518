import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus } from '@stampede/bus';
import {
  type Database,
  ensureDatabase,
  eraseEmbeddedPostgres,
  migrate,
  openDatabase,
  startEmbeddedPostgres,
  uuidv7,
} from '@stampede/db';
import { OutboxRelay, appendEvent, applyOnce, inboxMigration, outboxMigration } from '@stampede/outbox';
import { sql } from 'kysely';

const ROUNDS = 7;
const EVENTS = 400;
const nowhere = { publish: async () => undefined } as unknown as Bus;
const event = () => ({
  type: 'order.placed',
  source: 'orders',
  subject: uuidv7(),
  data: { total: 12_000, currency: 'USD' },
});

type Subject = (database: Database) => Promise<void>;

async function append(database: Database): Promise<void> {
  for (let i = 0; i < EVENTS; i++) {
    await database.transaction((tx) => appendEvent(tx, event()));
  }
}

/** What most outboxes do: read the last sequence, then insert. Not even safe: two writers read the same. */
async function appendNaively(database: Database): Promise<void> {
  for (let i = 0; i < EVENTS; i++) {
    await database.transaction(async (tx) => {
      const { type, source, subject, data } = event();
      const { rows } = await sql<{ next: number }>`
        select coalesce(max(sequence), 0) + 1 as next from outbox
        where topic = 'stampede.orders' and subject = ${subject}`.execute(tx);
      await sql`
        insert into outbox (topic, subject, sequence, id, type, source, dataversion, data, bucket)
        values ('stampede.orders', ${subject}, ${rows[0]?.next}, ${uuidv7()}, ${type}, ${source}, '1',
                ${JSON.stringify(data)}::jsonb, 0)`.execute(tx);
    });
  }
}

async function relay(database: Database): Promise<void> {
  const one = new OutboxRelay(database, nowhere, { source: 'orders' });
  one.start();
  while ((await one.stats()).unpublished > 0) {
    one.kick();
  }
  await one.stop();
}

/** A transaction a row, with the call of the bus inside; and without an order per subject. */
async function relayNaively(database: Database): Promise<void> {
  for (let left = 1; left > 0;) {
    left = await database.transaction(async (tx) => {
      const { rows } = await sql<{ position: string }>`
        select * from outbox where published_at is null order by position limit 1 for update skip locked`.execute(tx);
      for (const row of rows) {
        await nowhere.publish('stampede.orders', []);
        await sql`update outbox set published_at = clock_timestamp() where position = ${row.position}
          and published_at is null`.execute(tx);
      }
      return rows.length;
    });
  }
}

const delivered = () => ({
  ...event(),
  specversion: '1.0' as const,
  id: uuidv7(),
  time: new Date().toISOString(),
  sequence: 1,
  dataversion: '1',
});

async function bareTransactions(database: Database): Promise<void> {
  for (let i = 0; i < EVENTS; i++) {
    await database.transaction((tx) => sql`insert into bench_mark (id) values (${uuidv7()})`.execute(tx));
  }
}

async function inbox(database: Database): Promise<void> {
  for (let i = 0; i < EVENTS; i++) {
    await database.transaction((tx) => applyOnce(tx, 'bench', delivered(), async () => undefined));
  }
}

/** Prints ratios of median times to the first subject; rounds alternate, so noise disturbs all alike. */
async function compare(database: Database, title: string, subjects: Record<string, Subject>, before?: Subject) {
  const times = new Map<string, number[]>(Object.keys(subjects).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      await sql`truncate outbox, outbox_subject, inbox, inbox_subject`.execute(database.kysely);
      await before?.(database);
      const startedAt = performance.now();
      await subject(database);
      times.get(name)?.push(((performance.now() - startedAt) * 1_000) / EVENTS);
    }
  }
  const medians = [...times].map(([name, all]) => [name, all.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? NaN] as const);
  process.stdout.write(`\n${title}: time an event, medians of ${ROUNDS} rounds of ${EVENTS}\n`);
  for (const [name, median] of medians) {
    const ratio = (median / (medians[0]?.[1] ?? NaN)).toFixed(2);
    process.stdout.write(`${name.padEnd(44)}${ratio.padStart(8)}${median.toFixed(0).padStart(10)} us\n`);
  }
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'stampede-bench-'));
  const server = await startEmbeddedPostgres({
    dataDir: join(dataDir, 'postgres'),
    port: await freePort(),
    durable: false,
  });
  const database = openDatabase({ url: await ensureDatabase(server.url, 'bench'), applicationName: 'bench' });
  try {
    await migrate(database, [outboxMigration, inboxMigration]);
    await sql`create table bench_mark (id uuid primary key)`.execute(database.kysely);
    await compare(database, 'append', { 'last sequence, then insert': appendNaively, appendEvent: append });
    await compare(database, 'relay', { 'a transaction a row': relayNaively, OutboxRelay: relay }, append);
    await compare(database, 'inbox', { 'a transaction that marks an id': bareTransactions, applyOnce: inbox });
  } finally {
    await database.close();
    await server.stop();
    await eraseEmbeddedPostgres(join(dataDir, 'postgres'));
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

void main();
