// Orders accepted per second, ours (order, saga, event and answer of up to 32 orders in one transaction) against a
// transaction for each group of
// statements of each order; both on the same durable PostgreSQL, 64 buyers at a time, the key claimed beforehand alike.
//   npx stampede bench orders/writes [--rounds 5] [--orders 3000]
// Rounds take turns; the figure is the median of the ratios. Exits 1 below 3.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  IdempotencyStore,
  ensureDatabase,
  eraseEmbeddedPostgres,
  idempotencyMigration,
  migrate,
  openDatabase,
  startEmbeddedPostgres,
  uuidv7,
  type Claim,
  type Database,
} from '@stampede/db';
import type { Bus } from '@stampede/bus';
import { OutboxRelay, outboxMigration } from '@stampede/outbox';
import { SagaRunner, saga, sagaMigration, step } from '@stampede/saga';
import type { OrderSaga } from '../src/order.saga';
import { insertOrders, orderView, type NewOrder, type OrderRow } from '../src/order.sql';
import { OrderDesk } from '../src/order-desk';
import { SettleOrder } from '../src/settle-order';

const BUYERS_AT_ONCE = 64;
const LEAST_RATIO = 3;
const PORT = 15_498;
const DEADLINE_MS = 120_000;
const SEATS = [{ section: '101', row: 'A', number: 1 }];

interface Parts {
  readonly database: Database;
  readonly keys: IdempotencyStore;
  readonly runner: SagaRunner<OrderSaga>;
  readonly settle: SettleOrder;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '5' }, orders: { type: 'string', default: '3000' } },
  });
  const dataDir = await mkdtemp(join(tmpdir(), 'order-writes-'));
  const postgres = await startEmbeddedPostgres({ dataDir, port: PORT, durable: true });
  const database = openDatabase({
    url: await ensureDatabase(postgres.url, 'orders'),
    applicationName: 'bench',
    poolSize: 20,
  });
  try {
    await migrate(database, [
      idempotencyMigration,
      sagaMigration,
      outboxMigration,
      join(__dirname, '..', 'migrations'),
    ]);
    const parts = partsOf(database);
    const ratios: number[] = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const ours = await ordersPerSecond(parts, batched(parts), Number(values.orders));
      const naive = await ordersPerSecond(parts, oneByOne(parts), Number(values.orders));
      ratios.push(ours / naive);
      const figures = [ours, naive].map((perSecond) => perSecond.toFixed(0));
      const ratio = (ours / naive).toFixed(2);
      process.stdout.write(
        `round ${round + 1}: batched ${figures[0]}/s, a transaction a group ${figures[1]}/s, ${ratio}x\n`,
      );
    }
    const median = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 0;
    process.stdout.write(`median ${median.toFixed(2)}x, at least ${LEAST_RATIO}x is promised\n`);
    if (median < LEAST_RATIO) process.exitCode = 1;
  } finally {
    await database.close();
    await postgres.stop();
    await eraseEmbeddedPostgres(dataDir);
  }
}

/** Nothing runs the sagas and nothing publishes: what is measured is what an accepted order writes. */
function partsOf(database: Database): Parts {
  const definition = saga<OrderSaga>('order', [step('confirm-hold', { run: async () => undefined })]);
  const runner = new SagaRunner<OrderSaga>(database, definition, { workerId: 'bench', deadlineMs: DEADLINE_MS });
  const relay = new OutboxRelay(database, {} as Bus, { source: 'orders' });
  const config = { service: 'orders' } as ConstructorParameters<typeof SettleOrder>[2];
  return { database, keys: new IdempotencyStore(database), runner, settle: new SettleOrder(database, relay, config) };
}

interface Placed {
  readonly order: NewOrder;
  /** Claimed beforehand, which costs both alike. */
  readonly claim: Claim;
}

async function ordersPerSecond(
  parts: Parts,
  accept: (placed: Placed) => Promise<void>,
  count: number,
): Promise<number> {
  const orders = await Promise.all(Array.from({ length: count }, () => placed(parts.keys)));
  const startedAt = performance.now();
  const buyer = async (): Promise<void> => {
    for (let next = orders.pop(); next !== undefined; next = orders.pop()) await accept(next);
  };
  await Promise.all(Array.from({ length: BUYERS_AT_ONCE }, buyer));
  return (count * 1_000) / (performance.now() - startedAt);
}

async function placed(keys: IdempotencyStore): Promise<Placed> {
  const order = newOrder();
  const call = { caller: order.buyerId, route: 'POST /orders', key: order.orderId, request: order };
  return { order, claim: (await keys.claim(call)) as Claim };
}

function newOrder(): NewOrder {
  const [orderId, buyerId, eventId, holdId] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()];
  return {
    orderId,
    buyerId,
    eventId,
    holdId,
    category: 'CAT1',
    seats: SEATS,
    total: 100,
    currency: 'USD',
    deadlineMs: DEADLINE_MS,
  };
}

function sagaOf({ holdId, eventId }: NewOrder): OrderSaga {
  return { holdId, eventId, category: 'CAT1', quantity: 1, amount: 100, currency: 'USD', paymentToken: 'tok_ok' };
}

function batched({ database, runner, settle }: Parts): (placed: Placed) => Promise<void> {
  const desk = new OrderDesk(database, runner, settle);
  return async ({ order, claim: { owner } }) => {
    await desk.accept({ order, saga: sagaOf(order), owner, inFlightMs: 0, traceparent: null });
  };
}

/** As it is done where each repository opens a transaction of its own. */
function oneByOne({ database, runner, settle }: Parts): (placed: Placed) => Promise<void> {
  return async ({ order, claim }) => {
    const row = await database.transaction(
      async (tx) => (await insertOrders(tx, [order])).get(order.orderId) as OrderRow,
    );
    await database.transaction((tx) => runner.start(tx, order.orderId, sagaOf(order)));
    await database.transaction((tx) => settle.tellAll(tx, [{ row }]));
    await database.transaction((tx) => claim.complete(tx, { status: 202, body: orderView(row) }));
  };
}

void main();
