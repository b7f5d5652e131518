import { join } from 'node:path';
import { orderEventTypes, providerApi, type OrderStatus, type StatementEntry } from '@stampede/contracts';
import { idempotencyMigration, migrate, uuidv7 } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { inboxMigration, outboxMigration } from '@stampede/outbox';
import { sagaMigration } from '@stampede/saga';
import { fakePeer, type FakePeer } from '@stampede/service-kit/testing';
import { sql, type RawBuilder } from 'kysely';
import { AUDITED, type Audited } from '../src/config';

const CONSUMERS = { notifications: 'notifications.orders', billing: 'billing.orders' } as const;
const CAPACITY = 20;
const SEAT_PRICE = 1_000;
const SAGA_MS = 120_000;

const migrations = (service: Audited) => join(__dirname, '..', '..', service, 'migrations');
const DIRECTORIES: Readonly<Record<Audited, string[]>> = {
  orders: [idempotencyMigration, sagaMigration, outboxMigration, migrations('orders')],
  inventory: [idempotencyMigration, migrations('inventory')],
  payments: [migrations('payments')],
  notifications: [inboxMigration, migrations('notifications')],
  billing: [inboxMigration, migrations('billing')],
};

export interface Planted {
  readonly orderId: string;
  readonly holdId: string;
  readonly total: number;
  readonly seatIndexes: readonly number[];
  /** Ids of its events, by sequence. */
  readonly events: readonly string[];
}

export interface PlantOptions {
  readonly status?: OrderStatus;
  readonly quantity?: number;
  readonly currency?: string;
  readonly placedAgoMs?: number;
  /** What payments knows; default what the status calls for. */
  readonly capture?: 'intent' | 'captured' | 'declined' | 'never' | 'refunded' | 'none';
  readonly attempt?: number;
}

/** The five databases by the services' own migrations, and the provider's books, filled by SQL so that they agree. */
export class PlantedShop {
  readonly entries: StatementEntry[] = [];
  readonly eventId = uuidv7();
  private taken = 0;

  private constructor(
    readonly stores: Readonly<Record<Audited, TestDatabase>>,
    readonly provider: FakePeer<typeof providerApi>,
  ) {}

  static async open(): Promise<PlantedShop> {
    const stores = {} as Record<Audited, TestDatabase>;
    for (const service of AUDITED) {
      stores[service] = await testDatabase(service);
      await migrate(stores[service].database, DIRECTORIES[service]);
    }
    return new PlantedShop(stores, await fakePeer(providerApi));
  }

  /** As after the first start, with one block of seats to sell. */
  async empty(): Promise<void> {
    this.entries.length = 0;
    this.taken = 0;
    this.provider.calls.length = 0;
    this.provider.handlers.statement = () => ({ entries: this.entries });
    await this.run('orders', sql`TRUNCATE placed_order, ticket, outbox, outbox_subject`);
    await this.run('inventory', sql`TRUNCATE block, section, hold`);
    await this.run('payments', sql`TRUNCATE payment, capture`);
    for (const store of ['notifications', 'billing'] as const) await this.run(store, sql`TRUNCATE inbox, inbox_parked`);
    await this.run('inventory', sql`INSERT INTO block VALUES (${this.eventId}, 'CAT1', ${CAPACITY})`);
    await this.run(
      'inventory',
      sql`INSERT INTO section
        VALUES (${this.eventId}, 'CAT1', 0, ${[2 ** CAPACITY - 1]}::integer[], ${CAPACITY}, ${CAPACITY})`,
    );
  }

  async close(): Promise<void> {
    await this.provider.close();
    for (const { drop } of Object.values(this.stores)) await drop();
  }

  async run(store: Audited, statement: RawBuilder<unknown>): Promise<void> {
    await statement.execute(this.stores[store].database.kysely);
  }

  /** One order, told of by every store. */
  async order(options: PlantOptions = {}): Promise<Planted> {
    const { status = 'confirmed', quantity = 2, placedAgoMs = 3_600_000 } = options;
    const seatIndexes = Array.from({ length: quantity }, (_, n) => this.taken + n);
    this.taken += quantity;
    const at = new Date(Date.now() - placedAgoMs);
    const events = status === 'pending' ? [uuidv7()] : [uuidv7(), uuidv7()];
    const order = {
      orderId: uuidv7(at.getTime()),
      holdId: uuidv7(),
      total: quantity * SEAT_PRICE,
      seatIndexes,
      events,
    };
    await this.plantHold(order, status);
    await this.plantOrder(order, { ...options, status }, at);
    await this.plantCapture(order, { ...options, status }, at);
    for (const [index, eventId] of events.entries()) {
      const type = index === 0 ? 'placed' : (status as keyof typeof orderEventTypes);
      await this.plantEvent(order.orderId, { eventId, sequence: index + 1, type: orderEventTypes[type], at });
    }
    return order;
  }

  private async plantHold({ holdId, orderId, seatIndexes }: Planted, status: OrderStatus): Promise<void> {
    const state = status === 'confirmed' ? 'sold' : status === 'pending' ? 'claimed' : 'released';
    const bits = state === 'released' ? 0 : seatIndexes.reduce((mask, seat) => mask | (1 << seat), 0);
    await this.stores.inventory.database.transaction(async (tx) => {
      await sql`
        INSERT INTO hold (hold_id, event_id, category, buyer_id, seat_indexes, state, order_id, quote, expires_at)
        VALUES (${holdId}, ${this.eventId}, 'CAT1', ${uuidv7()}, ${seatIndexes}::integer[], ${state}, ${orderId},
          '{}', now())`.execute(tx);
      await sql`UPDATE section SET free_masks = ARRAY[free_masks[1] & ~${bits}::integer]`.execute(tx);
    });
  }

  private async plantOrder(order: Planted, { status, currency = 'USD' }: PlantOptions, at: Date): Promise<void> {
    const seats = order.seatIndexes.map((seat) => ({ section: '101', row: 'A', number: seat + 1 }));
    const endedAt = status === 'pending' ? null : at;
    await this.run(
      'orders',
      sql`INSERT INTO placed_order (order_id, buyer_id, event_id, hold_id, category, seats, total, currency, status,
          timeline,
          placed_at, deadline_at, ended_at)
        VALUES (${order.orderId}, ${uuidv7()}, ${this.eventId}, ${order.holdId}, 'CAT1',
          ${JSON.stringify(seats)}::jsonb,
          ${order.total}, ${currency}, ${status}, '[]', ${at}, ${new Date(at.getTime() + SAGA_MS)}, ${endedAt})`,
    );
  }

  private async plantCapture({ orderId, total }: Planted, options: PlantOptions, at: Date): Promise<void> {
    const { status, currency = 'USD', attempt = 1 } = options;
    const usual = {
      confirmed: 'captured',
      refunded: 'refunded',
      declined: 'declined',
      cancelled: 'none',
      pending: 'none',
    } as const;
    const capture = options.capture ?? usual[status ?? 'confirmed'];
    if (capture === 'none') return;
    const key = attempt === 1 ? orderId : `${orderId}.${attempt}`;
    await this.run('payments', sql`INSERT INTO payment (order_id) VALUES (${orderId})`);
    await this.run(
      'payments',
      sql`INSERT INTO capture (order_id, attempt, key, status, amount, currency)
        VALUES (${orderId}, ${attempt}, ${key}, ${capture}, ${total}, ${currency})`,
    );
    if (capture === 'captured' || capture === 'refunded') this.moved('capture', key, total, currency, at);
    if (capture === 'refunded') this.moved('refund', `${key}.refund`, total, currency, at);
  }

  /** The provider's books say so. */
  moved(kind: 'capture' | 'refund', key: string, amount: number, currency = 'USD', at = new Date()): void {
    this.entries.push({ key, kind, amount, currency, at: at.toISOString() });
  }

  /** One event in orders' outbox and in both inboxes; `applied: []` leaves it unapplied. */
  async plantEvent(
    orderId: string,
    event: {
      eventId: string;
      sequence: number;
      type: string;
      at: Date;
      published?: boolean;
      applied?: readonly (keyof typeof CONSUMERS)[];
    },
  ): Promise<void> {
    const { eventId, sequence, type, at, published = true, applied = ['notifications', 'billing'] } = event;
    await this.run(
      'orders',
      sql`INSERT INTO outbox (topic, subject, sequence, id, type, source, dataversion, data, bucket, created_at,
          published_at)
        VALUES ('stampede.orders', ${orderId}, ${sequence}, ${eventId}, ${type}, 'orders', '1', '{}', 0, ${at},
          ${published ? at : null})`,
    );
    const appliedAt = new Date(at.getTime() + sequence);
    for (const store of applied) {
      await this.run(
        store,
        sql`INSERT INTO inbox (consumer, event_id, subject, sequence, applied_at)
          VALUES (${CONSUMERS[store]}, ${eventId}, ${orderId}, ${sequence}, ${appliedAt})`,
      );
    }
  }
}
