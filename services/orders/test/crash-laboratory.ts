import { openBus, type Bus } from '@stampede/bus';
import { ORDERS_TOPIC, inventoryApi, type CloudEvent, type OrderStatus } from '@stampede/contracts';
import { openDatabase, uuidv7, type Database } from '@stampede/db';
import type { SagaRunner } from '@stampede/saga';
import { CONFIG, DATABASE, peer, type Peer } from '@stampede/service-kit';
import { openService, type RunningService } from '@stampede/service-kit/testing';
import { openServices, type Processes } from '@stampede/test-kit';
import { sql } from 'kysely';
import request from 'supertest';
import { settings, type OrdersConfig } from '../src/config';
import type { OrderPeers, OrderSaga } from '../src/order.saga';
import { makeRunner, parts } from '../src/orders.module';
import { SettleOrder } from '../src/settle-order';
import { PEERS, SAGA_RUNNER } from '../src/tokens';
import { asBuyer } from './open-orders';

export const CAPACITY = 1_000;
const QUANTITY = 2;
const QUOTE = { currency: 'USD', subtotal: 100, fees: 8, tax: 9, total: 117, pricingVersion: 'v1' } as const;
/** Longer than the tests take: what passes is the clock of the sagas, which the tests move. */
const DEADLINE_MS = 600_000;
const LEASE_MS = 3_000;
/** Rounds of a runner until its order has ended: more than any order needs. */
const MOST_ROUNDS = 20;

class Crash extends Error {}

/** One order as all who had to do with it tell of it. */
export interface Ledger {
  readonly status: OrderStatus;
  /** At the provider, in minor units. */
  readonly captures: number;
  readonly balance: number;
  /** Of its seats, as inventory has them. */
  readonly seats: readonly string[];
  readonly tickets: number;
  /** As the bus delivered them. */
  readonly events: readonly string[];
}

/**
 * Orders with its real saga in this process, over real inventory, payments and payment provider in processes of their
 * own, which outlive every crash of orders. Nothing drives orders but the runners of the test, whose clock it moves.
 */
export class CrashLaboratory {
  private offsetMs = 0;
  private readonly heard = new Map<string, CloudEvent[]>();
  private readonly replicas: RunningService[] = [];

  private constructor(
    readonly processes: Processes,
    readonly inventory: Peer<typeof inventoryApi>,
    private readonly databases: Readonly<Record<'orders' | 'inventory' | 'payments', Database>>,
    private readonly bus: Bus,
    readonly eventId: string,
  ) {}

  static async open(): Promise<CrashLaboratory> {
    // A slow provider is not a lost answer here, however busy the machine is.
    const env = { PAYMENTS_PROVIDER_TIMEOUT_MS: '4500' };
    const processes = await openServices(['inventory', 'payments'], { env });
    const inventory = peer(inventoryApi, { addresses: [processes.urlOf('inventory')], timeoutMs: 10_000 });
    const eventId = uuidv7();
    await inventory.openEvents({ events: [{ eventId, categories: [{ category: 'CAT1', capacity: CAPACITY }] }] });
    const databaseOf = (name: string) => openDatabase({ url: processes.databaseUrlOf(name), applicationName: 'test' });
    const databases = {
      orders: databaseOf('orders'),
      inventory: databaseOf('inventory'),
      payments: databaseOf('payments'),
    };
    const bus = await openBus({ embeddedUrl: processes.databaseUrlOf('bus'), clientId: 'test' });
    const laboratory = new CrashLaboratory(processes, inventory, databases, bus, eventId);
    await bus.subscribe({ topic: ORDERS_TOPIC, group: 'test', onEvent: async (event) => laboratory.hear(event) });
    await laboratory.addReplica();
    return laboratory;
  }

  async close(): Promise<void> {
    for (const replica of this.replicas) await replica.stop();
    await this.bus.close();
    for (const database of Object.values(this.databases)) await database.close();
    await this.processes.close();
  }

  /** One more process of orders, as its clients see it; it drives no order. */
  async addReplica(): Promise<RunningService> {
    const replica = await openService({
      settings,
      load: () => parts,
      env: {
        ORDERS_DATABASE_URL: this.processes.databaseUrlOf('orders'),
        BUS_DATABASE_URL: this.processes.databaseUrlOf('bus'),
        INVENTORY_URLS: this.processes.urlOf('inventory'),
        PAYMENTS_URLS: this.processes.urlOf('payments'),
        ORDERS_DEADLINE_MS: String(DEADLINE_MS),
        ORDERS_SAGA_LEASE_MS: String(LEASE_MS),
      },
    });
    await replica.app.get<SagaRunner<OrderSaga>>(SAGA_RUNNER).stop();
    this.replicas.push(replica);
    return replica;
  }

  /** A hold of two seats by somebody new. */
  async hold(): Promise<{ holdId: string; buyerId: string }> {
    const { eventId, inventory } = this;
    const [buyerId, key] = [uuidv7(), uuidv7()];
    const wish = { eventId, category: 'CAT1', quantity: QUANTITY } as const;
    const claim = await inventory.claimHoldKey({ buyerId, key, request: wish });
    if (claim.kind !== 'claim') throw new Error('a new key was used before');
    const { holdId } = await inventory.holdSeats({ ...wish, buyerId, key, claimId: claim.claimId, quote: QUOTE });
    return { holdId, buyerId };
  }

  /** Accepted by the service itself. Returns its id. */
  async placeOrder(paymentToken: string): Promise<string> {
    const { holdId, buyerId } = await this.hold();
    return (await this.post({ holdId, buyerId, paymentToken, key: uuidv7() }).expect(202)).body.orderId;
  }

  post(order: { holdId: string; buyerId: string; paymentToken: string; key: string; replica?: RunningService }) {
    const { holdId, buyerId, paymentToken, key, replica = this.replicas[0] } = order;
    const headers = { ...asBuyer(buyerId), 'idempotency-key': key };
    return request(replica?.url ?? '')
      .post('/orders')
      .set(headers)
      .send({ holdId, paymentToken });
  }

  runner(crashPoint: (point: string) => void | Promise<void> = () => undefined): SagaRunner<OrderSaga> {
    const { app } = this.replicas[0] as RunningService;
    const [database, config] = [app.get<Database>(DATABASE), app.get<OrdersConfig>(CONFIG)];
    const clock = (): Date => new Date(Date.now() + this.offsetMs);
    return makeRunner(database, config, app.get<OrderPeers>(PEERS), app.get(SettleOrder), { clock, crashPoint });
  }

  /** The points that an undisturbed order passes. */
  async pointsOf(token: string): Promise<string[]> {
    const points: string[] = [];
    await this.placeOrder(token);
    await this.finish(this.runner((point) => void points.push(point)));
    return points;
  }

  /** Works until the runner dies at `point`, and lets its lease run out. False where it never came there. */
  async crashAt(point: string): Promise<boolean> {
    let crashed = false;
    const runner = this.runner((reached) => {
      if (reached !== point) return;
      crashed = true;
      throw new Crash(point);
    });
    await this.finish(runner, () => crashed);
    this.pass(LEASE_MS);
    return crashed;
  }

  /**
   * A worker stands still at `point`, without knowing, while `meanwhile` happens; then it goes on. Within a transaction
   * of its own the saga stays locked, and nobody can take over.
   */
  async sleepAt(point: string, meanwhile: () => Promise<unknown>): Promise<void> {
    const asleep = Promise.withResolvers<void>();
    const wake = Promise.withResolvers<void>();
    const sleeper = this.runner((reached) => {
      if (reached !== point) return undefined;
      asleep.resolve();
      return wake.promise;
    });
    const ended = this.finish(sleeper);
    await Promise.race([asleep.promise, ended]);
    this.pass(LEASE_MS);
    await meanwhile().finally(wake.resolve);
    await ended;
  }

  /** Works until no order is open, or until the runner is `dead`. @throws Error where an order does not end */
  async finish(runner: SagaRunner<OrderSaga>, dead?: () => boolean): Promise<void> {
    if (!(await this.work(runner, dead))) throw new Error('an order is still open after every retry');
  }

  /** As `finish`; false where an order is left open. Time passes without waiting for it. */
  async work(runner: SagaRunner<OrderSaga>, dead: () => boolean = () => false): Promise<boolean> {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      await runner.drain();
      if (dead() || (await runner.stats()).open === 0) return true;
      this.pass(LEASE_MS);
    }
    return false;
  }

  passDeadline(): void {
    this.pass(DEADLINE_MS);
  }

  async passKeyLease(key: string): Promise<void> {
    await sql`
      UPDATE idempotency_key SET claimed_until = clock_timestamp() - interval '1 ms' WHERE key = ${key}`.execute(
      this.databases.orders.kysely,
    );
  }

  /** The next order has its whole time before it. */
  resetClock(): void {
    this.offsetMs = 0;
  }

  async ledger(orderId: string): Promise<Ledger> {
    const events = await this.eventsOf(orderId);
    const { rows: orders } = await sql<{ status: OrderStatus; tickets: number }>`
      SELECT status, (SELECT count(*)::integer FROM ticket WHERE ticket.order_id = orders.order_id) AS tickets
      FROM audit.orders WHERE order_id = ${orderId}`.execute(this.databases.orders.kysely);
    const { rows: seats } = await sql<{ state: string }>`
      SELECT state FROM audit.taken_seats WHERE order_id = ${orderId}`.execute(this.databases.inventory.kysely);
    const [captures, refunds] = [
      await this.processes.provider.capturesOf(orderId),
      await this.processes.provider.refundsOf(orderId),
    ];
    return {
      status: orders[0]?.status ?? 'pending',
      tickets: orders[0]?.tickets ?? 0,
      captures: captures.length,
      balance: sum(captures) - sum(refunds),
      seats: seats.map(({ state }) => state),
      events,
    };
  }

  /** The same over all orders, by the views that the audit reads. */
  async totals() {
    const { rows: orders } = await sql<{ confirmed: number; pending: number; seats: number }>`
      SELECT COALESCE(sum(total) FILTER (WHERE status = 'confirmed'), 0)::integer AS confirmed,
        COALESCE(sum(quantity) FILTER (WHERE status = 'confirmed'), 0)::integer AS seats,
        count(*) FILTER (WHERE status = 'pending')::integer AS pending
      FROM audit.orders`.execute(this.databases.orders.kysely);
    const { rows: blocks } = await sql<{ capacity: number; sold: number; held: number; free: number }>`
      SELECT capacity, sold, held, free FROM audit.blocks WHERE event_id = ${this.eventId}`.execute(
      this.databases.inventory.kysely,
    );
    const { rows: doubles } = await sql`
      SELECT seat_index FROM audit.taken_seats GROUP BY event_id, category, seat_index HAVING count(*) > 1`.execute(
      this.databases.inventory.kysely,
    );
    const { rows: captures } = await sql<{ captured: number }>`
      SELECT COALESCE(sum(amount) FILTER (WHERE status = 'captured'), 0)::integer AS captured
      FROM audit.captures`.execute(this.databases.payments.kysely);
    const entries = await this.processes.provider.statement();
    const kept = entries.reduce((total, { kind, amount }) => total + (kind === 'capture' ? amount : -amount), 0);
    return { orders: orders[0], block: blocks[0], doubles, captured: captures[0]?.captured, kept };
  }

  /**
   * Once per repetition and in the order of delivery; waits for what orders has stored and the bus has not brought yet.
   */
  private async eventsOf(orderId: string): Promise<string[]> {
    const { rows } = await sql<{ event_id: string; type: string }>`
      SELECT event_id, type FROM audit.order_events WHERE order_id = ${orderId}`.execute(this.databases.orders.kysely);
    for (;;) {
      const events = this.heard.get(orderId) ?? [];
      const ids = new Set(events.map(({ id }) => id));
      if (rows.every(({ event_id }) => ids.has(event_id))) {
        return [...ids].map((id) => {
          const event = events.find((candidate) => candidate.id === id);
          return `${event?.sequence} ${event?.type}`;
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  private hear(event: CloudEvent): void {
    this.heard.set(event.subject, [...(this.heard.get(event.subject) ?? []), event]);
  }

  private pass(ms: number): void {
    this.offsetMs += ms + 1;
  }
}

function sum(entries: readonly { amount: number }[]): number {
  return entries.reduce((total, { amount }) => total + amount, 0);
}
