import type { Category, FailureCode, Order, OrderStatus, Seat, Ticket, TimelineEntry } from '@stampede/contracts';
import type { Database, Tx } from '@stampede/db';
import { sql, type Kysely } from 'kysely';
import { assertLegal } from './order';

type Executor = Kysely<unknown> | Tx;

/** An order as it is stored, with its tickets. */
export interface OrderRow {
  readonly order_id: string;
  readonly buyer_id: string;
  readonly event_id: string;
  readonly hold_id: string;
  readonly category: Category;
  readonly seats: Seat[];
  readonly total: number;
  readonly currency: string;
  readonly status: OrderStatus;
  readonly failure_code: FailureCode | null;
  readonly failure_detail: string | null;
  readonly timeline: TimelineEntry[];
  readonly version: number;
  /** By the place of their seats. */
  readonly tickets: { ticketId: string; seatNo: number; code: string }[];
}

export interface NewOrder {
  readonly orderId: string;
  readonly buyerId: string;
  readonly eventId: string;
  readonly holdId: string;
  readonly category: Category;
  readonly seats: Seat[];
  readonly total: number;
  readonly currency: string;
  readonly deadlineMs: number;
}

const ROW = sql`placed_order.*, COALESCE((
  SELECT jsonb_agg(jsonb_build_object('ticketId', ticket_id, 'seatNo', seat_no, 'code', code) ORDER BY seat_no)
  FROM ticket WHERE ticket.order_id = placed_order.order_id), '[]') AS tickets`;

/** Stores pending orders. Returns, by id, those it stored: a hold that has an order gets no other. */
export async function insertOrders(tx: Tx, orders: readonly NewOrder[]): Promise<Map<string, OrderRow>> {
  const placed: TimelineEntry = { at: new Date().toISOString(), step: 'placed', outcome: 'done' };
  const { rows } = await sql<OrderRow>`
    INSERT INTO placed_order (order_id, buyer_id, event_id, hold_id, category, seats, total, currency, timeline,
      deadline_at)
    SELECT "orderId", "buyerId", "eventId", "holdId", category, seats, total, currency,
      ${JSON.stringify([placed])}::jsonb,
      now() + "deadlineMs" * interval '1 millisecond'
    FROM jsonb_to_recordset(${JSON.stringify(orders)}::jsonb) AS new("orderId" uuid, "buyerId" uuid, "eventId" uuid,
      "holdId" uuid,
      category text, seats jsonb, total bigint, currency text, "deadlineMs" integer)
    ON CONFLICT (hold_id) DO NOTHING RETURNING *, '[]'::jsonb AS tickets`.execute(tx);
  return new Map(rows.map((row) => [row.order_id, row]));
}

export async function selectOrder(db: Executor, orderId: string): Promise<OrderRow | undefined> {
  const { rows } = await sql<OrderRow>`SELECT ${ROW} FROM placed_order WHERE order_id = ${orderId}`.execute(db);
  return rows[0];
}

/** A buyer's orders, newest first: ids rise with time. */
export async function selectPage(
  { kysely }: Database,
  buyerId: string,
  limit: number,
  offset: number,
): Promise<{ rows: OrderRow[]; total: number }> {
  const page = await sql<OrderRow>`
    SELECT ${ROW} FROM placed_order WHERE buyer_id = ${buyerId}
      ORDER BY order_id DESC LIMIT ${limit} OFFSET ${offset}`.execute(kysely);
  const count = await sql<{
    total: number;
  }>`SELECT count(*)::integer AS total FROM placed_order WHERE buyer_id = ${buyerId}`.execute(kysely);
  return { rows: page.rows, total: count.rows[0]?.total ?? 0 };
}

/** Versions of the orders named that are there. */
export async function selectVersions({ kysely }: Database, orderIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ order_id: string; version: number }>`
    SELECT order_id, version FROM placed_order WHERE order_id = ANY(${orderIds}::uuid[])`.execute(kysely);
  return new Map(rows.map(({ order_id, version }) => [order_id, version]));
}

export async function appendTimeline(tx: Tx, orderId: string, entry: TimelineEntry): Promise<void> {
  await sql`
    UPDATE placed_order SET timeline = timeline || ${JSON.stringify([entry])}::jsonb, version = version + 1
    WHERE order_id = ${orderId}`.execute(tx);
}

/** Ends a pending order. @throws IllegalMove where it has ended already */
export async function endOrder(
  tx: Tx,
  orderId: string,
  status: OrderStatus,
  failure?: { code: FailureCode; detail: string },
): Promise<OrderRow> {
  const { rows } = await sql<OrderRow>`
    UPDATE placed_order SET status = ${status}, failure_code = ${failure?.code ?? null},
      failure_detail = ${failure?.detail ?? null},
      ended_at = now(), version = version + 1
    WHERE order_id = ${orderId} AND status = 'pending' RETURNING *, '[]'::jsonb AS tickets`.execute(tx);
  const ended = rows[0];
  if (ended !== undefined) return ended;
  const order = await selectOrder(tx, orderId);
  if (order === undefined) throw new Error(`there is no order ${orderId}`);
  assertLegal(order.status, status);
  throw new Error(`order ${orderId} was pending and could not be ended`);
}

export interface NewTicket {
  readonly ticketId: string;
  readonly seatNo: number;
  readonly code: string;
}

/** One ticket a seat; a repeat leaves the first ones. */
export async function insertTickets(tx: Tx, orderId: string, tickets: readonly NewTicket[]): Promise<void> {
  await sql`
    INSERT INTO ticket (ticket_id, order_id, seat_no, code)
    SELECT "ticketId", ${orderId}, "seatNo", code
    FROM jsonb_to_recordset(${JSON.stringify(tickets)}::jsonb) AS new("ticketId" uuid, "seatNo" integer, code text)
    ON CONFLICT (order_id, seat_no) DO NOTHING`.execute(tx);
}

/** An order as its buyer sees it. */
export function orderView(row: OrderRow): Order {
  return {
    orderId: row.order_id,
    eventId: row.event_id,
    holdId: row.hold_id,
    status: row.status,
    total: row.total,
    currency: row.currency,
    seats: row.seats,
    tickets: row.status === 'confirmed' ? ticketsOf(row) : [],
    ...(row.failure_code === null ? {} : { failure: { code: row.failure_code, detail: row.failure_detail ?? '' } }),
    timeline: row.timeline,
  };
}

function ticketsOf({ tickets, seats }: OrderRow): Ticket[] {
  return tickets.flatMap(({ ticketId, seatNo, code }) => {
    const seat = seats[seatNo];
    return seat === undefined ? [] : [{ ticketId, seat, code }];
  });
}
