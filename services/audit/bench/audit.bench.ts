// One audit of a shop with 100,000 confirmed orders of two seats, and of the same shop while the last 2,000 of them are
// under way; the stores on one PostgreSQL, the provider over HTTP.
//   npx stampede bench audit/audit [--rounds 5] [--orders 100000]
// The figure is the median. Exits 1 above 3 s.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { providerApi, type StatementEntry } from '@stampede/contracts';
import {
  ensureDatabase,
  eraseEmbeddedPostgres,
  idempotencyMigration,
  migrate,
  openDatabase,
  startEmbeddedPostgres,
} from '@stampede/db';
import { inboxMigration, outboxMigration } from '@stampede/outbox';
import { sagaMigration } from '@stampede/saga';
import { fakePeer } from '@stampede/service-kit/testing';
import { sql, type RawBuilder } from 'kysely';
import { Auditor } from '../src/auditor.service';
import { AUDITED, settings, type Audited } from '../src/config';

const LONGEST_MS = 3_000;
const PORT = 15_497;
const FIRST_ORDER_MS = 1_780_000_000_000;
const ORDER_EVERY_MS = 6;
const SEATS_A_BLOCK = 20_000;
const ORDERS_A_BLOCK = SEATS_A_BLOCK / 2;
const BLOCKS = 416;
const UNDER_WAY = 2_000;

const migrations = (service: Audited) => join(__dirname, '..', '..', service, 'migrations');
const DIRECTORIES: Readonly<Record<Audited, string[]>> = {
  orders: [idempotencyMigration, sagaMigration, outboxMigration, migrations('orders')],
  inventory: [idempotencyMigration, migrations('inventory')],
  payments: [migrations('payments')],
  notifications: [inboxMigration, migrations('notifications')],
  billing: [inboxMigration, migrations('billing')],
};

/** An id of order, event or match `n`, in SQL: a version 7 of its time, told apart by `kind`. */
const id = (kind: string, n: string) =>
  sql.raw(`(overlay(lpad(to_hex(${FIRST_ORDER_MS} + ${n} * ${ORDER_EVERY_MS}), 12, '0')
  placing '-' from 9 for 0) || '-7000-8${kind}-' || lpad(to_hex(${n}), 12, '0'))::uuid`);
const ORDER = id('001', 'n');
const HOLD = id('002', 'n');
const PLACED = id('003', 'n');
const CONFIRMED = id('004', 'n');
const MATCH = id('005', `(n / ${ORDERS_A_BLOCK})`);

/** The stores of a shop that has sold two seats to each of `orders`. */
function fill(orders: number): Readonly<Record<Audited, RawBuilder<unknown>[]>> {
  const all = sql.raw(`generate_series(0, ${orders - 1}) AS n`);
  const events = sql.raw(`${`(VALUES (1, 'placed'), (2, 'confirmed')) AS event (sequence, type)`}`);
  const eventId = sql`CASE sequence WHEN 1 THEN ${PLACED} ELSE ${CONFIRMED} END`;
  const inbox = (consumer: string) => sql`
    INSERT INTO inbox (consumer, event_id, subject, sequence, applied_at)
    SELECT ${sql.lit(consumer)}, ${eventId}, ${ORDER}::text, sequence,
      now() - interval '1 h' + sequence * interval '1 s'
    FROM ${all}, ${events}`;
  const index = sql.raw(`(n % ${ORDERS_A_BLOCK}) * 2`);
  return {
    orders: [
      sql`INSERT INTO placed_order (order_id, buyer_id, event_id, hold_id, category, seats, total, currency, status,
          timeline, placed_at, deadline_at, ended_at)
        SELECT ${ORDER}, ${ORDER}, ${MATCH}, ${HOLD}, 'CAT1', jsonb_build_array(
            jsonb_build_object('section', '101', 'row', (${index})::text, 'number', 1),
            jsonb_build_object('section', '101', 'row', (${index})::text, 'number', 2)),
          11700, (ARRAY['USD', 'CAD', 'MXN'])[n % 3 + 1], 'confirmed', '[]', now() - interval '1 h', now(), now()
        FROM ${all}`,
      sql`INSERT INTO outbox (topic, subject, sequence, id, type, source, dataversion, data, bucket, created_at,
          published_at)
        SELECT 'stampede.orders', ${ORDER}::text, sequence, ${eventId}, type, 'orders', '1', '{}', 0,
          now() - interval '1 h', now()
        FROM ${all}, ${events}`,
    ],
    inventory: [
      sql`INSERT INTO block SELECT ${id('005', 'n')}, 'CAT1', ${sql.lit(SEATS_A_BLOCK)}
        FROM generate_series(0, ${sql.lit(BLOCKS - 1)}) AS n`,
      sql`INSERT INTO section SELECT event_id, category, section_no, array_fill(1048575, ARRAY[25]), 500, 20
        FROM block, generate_series(0, 39) AS section_no`,
      sql`UPDATE section SET free_masks = array_fill(0, ARRAY[25]) WHERE event_id IN (SELECT ${MATCH} FROM ${all})`,
      sql`INSERT INTO hold (hold_id, event_id, category, buyer_id, seat_indexes, state, order_id, quote, expires_at)
        SELECT ${HOLD}, ${MATCH}, 'CAT1', ${ORDER}, ARRAY[${index}, ${index} + 1], 'sold', ${ORDER}, '{}', now()
        FROM ${all}`,
    ],
    payments: [
      sql`INSERT INTO payment SELECT ${ORDER} FROM ${all}`,
      sql`INSERT INTO capture (order_id, attempt, key, status, amount, currency)
        SELECT ${ORDER}, 1, ${ORDER}::text, 'captured', 11700, (ARRAY['USD', 'CAD', 'MXN'])[n % 3 + 1] FROM ${all}`,
    ],
    notifications: [inbox('notifications.orders')],
    billing: [inbox('billing.orders')],
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '5' }, orders: { type: 'string', default: '100000' } },
  });
  const dataDir = await mkdtemp(join(tmpdir(), 'audit-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir, port: PORT, durable: false });
  const entries: StatementEntry[] = [];
  const provider = await fakePeer(providerApi, { statement: () => ({ entries }) });
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const auditor = new Auditor(settings.load({ DATABASE_URL: postgres.url, PROVIDER_URL: provider.url }), log);
  try {
    const orders = Number(values.orders) - (Number(values.orders) % ORDERS_A_BLOCK);
    for (const service of AUDITED) await fillStore(postgres.url, service, orders, entries);
    const atRest = await medianMs(auditor, Number(values.rounds));
    await setUnderWay(postgres.url);
    const busy = await medianMs(auditor, Number(values.rounds));
    const rssMb = Math.round(process.resourceUsage().maxRSS / 1024);
    process.stdout.write(
      `${orders} orders: at rest ${atRest} ms, busy ${busy} ms, at most ${LONGEST_MS} ms is promised; ${rssMb} MB\n`,
    );
    if (Math.max(atRest, busy) > LONGEST_MS) process.exitCode = 1;
  } finally {
    await auditor.onModuleDestroy();
    await provider.close();
    await postgres.stop();
    await eraseEmbeddedPostgres(dataDir);
  }
}

async function fillStore(server: string, service: Audited, orders: number, entries: StatementEntry[]): Promise<void> {
  const url = await ensureDatabase(server, service);
  const database = openDatabase({ url, applicationName: 'bench', statementTimeoutMs: 0 });
  await migrate(database, DIRECTORIES[service]);
  for (const statement of fill(orders)[service]) await statement.execute(database.kysely);
  await sql`ANALYZE`.execute(database.kysely);
  if (service === 'payments') {
    const { rows } = await sql<StatementEntry>`
      SELECT key, 'capture' AS kind, amount, currency, '2026-06-11T18:00:00.000Z' AS at FROM capture`.execute(
      database.kysely,
    );
    entries.push(...rows);
  }
  await database.close();
}

/** The last orders are pending, and no consumer has heard of them. */
async function setUnderWay(server: string): Promise<void> {
  const newest = sql`(SELECT order_id FROM placed_order ORDER BY order_id DESC LIMIT ${sql.lit(UNDER_WAY)})`;
  const statements: readonly [Audited, RawBuilder<unknown>][] = [
    ['orders', sql`ALTER TABLE placed_order DISABLE TRIGGER placed_order_ended`],
    [
      'orders',
      sql`UPDATE placed_order SET status = 'pending', ended_at = NULL, deadline_at = now() + interval '1 h'
        WHERE order_id IN ${newest}`,
    ],
    [
      'orders',
      sql`UPDATE outbox SET created_at = now() + interval '1 h'
        WHERE subject IN (SELECT order_id::text FROM ${newest} AS newest)`,
    ],
    ...(['notifications', 'billing'] as const).map((service): [Audited, RawBuilder<unknown>] => [
      service,
      sql`DELETE FROM inbox WHERE subject IN (
        SELECT subject FROM inbox WHERE sequence = 1 ORDER BY subject DESC LIMIT ${sql.lit(UNDER_WAY)})`,
    ]),
  ];
  for (const [service, statement] of statements) {
    const database = openDatabase({
      url: await ensureDatabase(server, service),
      applicationName: 'bench',
      statementTimeoutMs: 0,
    });
    await statement.execute(database.kysely);
    await database.close();
  }
}

async function medianMs(auditor: Auditor, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    const { invariants } = await auditor.report();
    times.push(performance.now() - startedAt);
    const told = invariants.map(
      ({ id: name, holds, checked, inFlight }) => `${name} ${holds ? 'holds' : 'FAILS'} ${checked}+${inFlight}`,
    );
    process.stdout.write(`round ${round + 1}: ${Math.round(times.at(-1) ?? 0)} ms; ${told.join(', ')}\n`);
    if (!invariants.every(({ holds }) => holds))
      throw new Error(JSON.stringify(invariants.map(({ violations }) => violations.slice(0, 2))));
  }
  return Math.round(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0);
}

void main();
