import type { OrderStatus } from '@stampede/contracts';
import { sql } from 'kysely';
import type { Snapshot } from './snapshot';

export interface AuditedOrder {
  readonly status: OrderStatus;
  readonly total: number;
  readonly currency: string;
  readonly quantity: number;
  /** Pending, and its deadline has passed. */
  readonly late: boolean;
}

/**
 * Where an order stands.
 *   ended      it has its last state, so everything about it must agree
 *   in-flight  it is too early to say: pending in time, or late with a capture that is being asked for, or it moved
 *              while the audit looked
 *   overdue    it should have ended
 *   unknown    there is no such order
 */
export type Standing = 'ended' | 'in-flight' | 'overdue' | 'unknown';

/** From the deadline on a saga goes back; undoing what it did takes it a moment, and is no violation meanwhile. */
const UNDO_MS = 10_000;
const ORDER_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The orders as they were at one moment, and a second look at those of which the other stores know something else. */
export class OrderBook {
  private readonly orders = new Map<string, AuditedOrder>();
  private readonly secondLook = new Map<string, OrderStatus>();

  constructor(private readonly unsettled: ReadonlySet<string>) {}

  /** Reads every order. `unsettled` are those whose capture had no known outcome a moment before. */
  static async read(snapshot: Snapshot, unsettled: ReadonlySet<string>): Promise<OrderBook> {
    const book = new OrderBook(unsettled);
    const orders = snapshot.walk(sql<AuditedOrder & { order_id: string }>`
      SELECT order_id, status, total, currency, quantity,
        status = 'pending' AND deadline_at + ${sql.lit(`${UNDO_MS} ms`)}::interval <= now() AS late
      FROM audit.orders`);
    for await (const { order_id, ...order } of orders) book.orders.set(order_id, order);
    return book;
  }

  [Symbol.iterator](): IterableIterator<[string, AuditedOrder]> {
    return this.orders.entries();
  }

  get(orderId: string): AuditedOrder | undefined {
    return this.orders.get(orderId);
  }

  /** Of these subjects, and of the late orders, those that a look at a later moment may explain. */
  suspects(subjects: Iterable<string>): string[] {
    const late = [...this.orders].filter(([orderId, { late }]) => late && !this.unsettled.has(orderId));
    const unknown = [...subjects].filter((subject) => ORDER_ID.test(subject) && !this.orders.has(subject));
    return [...late.map(([orderId]) => orderId), ...unknown];
  }

  /** The second look, at a later moment than everything else. */
  async lookAgain(snapshot: Snapshot, suspects: readonly string[]): Promise<void> {
    const rows = await snapshot.rows(sql<{ order_id: string; status: OrderStatus }>`
      SELECT order_id, status FROM audit.orders WHERE order_id = ANY(${suspects}::uuid[])`);
    for (const { order_id, status } of rows) this.secondLook.set(order_id, status);
  }

  standing(orderId: string): Standing {
    const order = this.orders.get(orderId);
    if (order === undefined) return this.secondLook.has(orderId) ? 'in-flight' : 'unknown';
    if (order.status !== 'pending') return 'ended';
    if (!order.late || this.unsettled.has(orderId)) return 'in-flight';
    return this.secondLook.get(orderId) === 'pending' ? 'overdue' : 'in-flight';
  }
}

/** Orders that payments has sent a capture for without knowing what became of it. To be read before the orders. */
export async function readUnsettled(payments: Snapshot): Promise<Set<string>> {
  const rows = await payments.rows(sql<{ order_id: string }>`
    SELECT DISTINCT order_id FROM audit.captures WHERE status = 'intent'`);
  return new Set(rows.map(({ order_id }) => order_id));
}
