import { DomainError, NotFound, type CallerIdentity } from '@stampede/service-kit';
import type { OrderRow } from './order.sql';

/** 404, also for another buyer's order: that it exists is nobody's business. */
export class NoSuchOrder extends NotFound {
  constructor() {
    super('there is no such order');
  }
}

/** 409: the hold has an order under another key. Inventory tells so first; this is the second lock. */
export class HoldUsed extends DomainError {
  override readonly code = 'hold_used';
  constructor() {
    super('this hold already has an order');
  }
}

/** The order, where the caller may read it: its buyer and operators. @throws not_found */
export function readableBy(caller: CallerIdentity, order: OrderRow | undefined): OrderRow {
  if (order === undefined || (caller.role !== 'operator' && order.buyer_id !== caller.id)) throw new NoSuchOrder();
  return order;
}
