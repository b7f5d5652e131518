import { Findings } from './findings';
import type { OrderBook } from './order-book';

/** C1: every order that was acknowledged reaches a terminal state. */
export function ordersEnd(book: OrderBook): Findings {
  const findings = new Findings('C1');
  for (const [orderId] of book) {
    const standing = book.standing(orderId);
    if (standing === 'in-flight') {
      findings.leave();
      continue;
    }
    findings.check();
    if (standing === 'overdue') findings.violate(orderId, 'a terminal state by its deadline', 'pending');
  }
  return findings;
}
