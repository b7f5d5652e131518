import { sql } from 'kysely';
import { Findings } from './findings';
import type { OrderBook } from './order-book';
import type { Snapshot } from './snapshot';

/**
 * What inventory says, read after the orders: seats of a confirmed order were sold before, those of an undone one freed
 * before.
 */
export interface SeatBook {
  readonly blocks: readonly Block[];
  readonly soldTwice: readonly SoldTwice[];
  /** Seats sold, by order. */
  readonly soldTo: ReadonlyMap<string, number>;
}

interface Block {
  readonly event_id: string;
  readonly category: string;
  readonly capacity: number;
  readonly sold: number;
  readonly held: number;
  readonly free: number | null;
}

interface SoldTwice {
  readonly subject: string;
  readonly takers: number;
}

/** More than are shown, so that it is seen that there are more. */
const MOST_ROWS = 1_000;

export async function readSeats(inventory: Snapshot): Promise<SeatBook> {
  const blocks = await inventory.rows(
    sql<Block>`SELECT event_id, category, capacity, sold, held, free FROM audit.blocks`,
  );
  const soldTwice = await inventory.rows(sql<SoldTwice>`
    SELECT concat(event_id, ' ', category, ' seat ', seat_index) AS subject, count(*) AS takers FROM audit.taken_seats
    GROUP BY event_id, category, seat_index HAVING count(*) > 1 LIMIT ${MOST_ROWS}`);
  const soldTo = new Map<string, number>();
  const sales = inventory.walk(sql<{ order_id: string | null; seats: number }>`
    SELECT order_id, count(*) AS seats FROM audit.taken_seats WHERE state = 'sold' GROUP BY order_id`);
  for await (const { order_id, seats } of sales) soldTo.set(order_id ?? 'no order', seats);
  return { blocks, soldTwice, soldTo };
}

/** Seats that several confirmed orders have, as the orders themselves say. */
export function readSharedSeats(orders: Snapshot): Promise<SoldTwice[]> {
  return orders.rows(sql<SoldTwice>`
    SELECT concat_ws(' ', event_id, category, section, "row", number) AS subject, count(*) AS takers
    FROM audit.order_seats WHERE status = 'confirmed'
    GROUP BY event_id, category, section, "row", number HAVING count(*) > 1 LIMIT ${MOST_ROWS}`);
}

/** C4: no seat is sold twice, every block adds up, and each confirmed order has its seats. */
export function seatsAddUp(book: OrderBook, seats: SeatBook, sharedSeats: readonly SoldTwice[]): Findings {
  const findings = new Findings('C4');
  findings.check(seats.blocks.length);
  for (const { event_id, category, capacity, sold, held, free } of seats.blocks) {
    if (sold + held + (free ?? 0) === capacity) continue;
    findings.violate(`${event_id} ${category}`, `${capacity} seats`, `${sold} sold + ${held} held + ${free ?? 0} free`);
  }
  for (const { subject, takers } of [...seats.soldTwice, ...sharedSeats]) {
    findings.violate(subject, 'one taker', `${takers} takers`);
  }
  for (const [orderId, { status, quantity }] of book) {
    const standing = book.standing(orderId);
    if (standing === 'in-flight') findings.leave();
    if (standing !== 'ended') continue;
    findings.check();
    const due = status === 'confirmed' ? quantity : 0;
    const sold = seats.soldTo.get(orderId) ?? 0;
    if (sold !== due) findings.violate(orderId, `${due} seats sold to this ${status} order`, `${sold}`);
  }
  for (const [orderId, sold] of seats.soldTo) {
    if (book.standing(orderId) === 'unknown')
      findings.violate(orderId, 'an order to which seats are sold', `none, and ${sold} sold`);
  }
  return findings;
}
