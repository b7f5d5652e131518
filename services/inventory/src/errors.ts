import type { Category } from '@stampede/contracts';
import { DomainError, NotFound } from '@stampede/service-kit';

/** Held seats come back when their holds expire: that is worth another try. */
const HELD_SEATS_RETURN_MS = 30_000;

/** 409: the category has fewer free seats than asked; nothing is held. */
export class SoldOut extends DomainError {
  override readonly code = 'sold_out';
  override readonly retryAfterMs = HELD_SEATS_RETURN_MS;
  constructor(category: Category) {
    super(`category ${category} has fewer free seats than asked`);
  }
}

/** 409: with these seats the buyer would have more of the event than one buyer may. */
export class PurchaseLimit extends DomainError {
  override readonly code = 'purchase_limit';
  constructor(mostSeats: number) {
    super(`one buyer may have ${mostSeats} seats of an event, held ones included`);
  }
}

/** 409: the hold's time is over, or it was given back. */
export class HoldExpired extends DomainError {
  override readonly code = 'hold_expired';
  constructor() {
    super('this hold has expired; its seats may be gone');
  }
}

/** 409: the hold belongs to an order already. */
export class HoldUsed extends DomainError {
  override readonly code = 'hold_used';
  constructor() {
    super('this hold already has an order');
  }
}

export class NoSuchHold extends NotFound {
  constructor() {
    super('there is no such hold');
  }
}
