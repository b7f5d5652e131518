import type { FailureCode, OrderStatus } from '@stampede/contracts';

/** Where an order may go from where it is; from a terminal state nowhere. */
const LEGAL: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ['confirmed', 'declined', 'cancelled', 'refunded'],
  confirmed: [],
  declined: [],
  cancelled: [],
  refunded: [],
};

/** A bug: somebody tried to change an order that has ended. */
export class IllegalMove extends Error {
  constructor(from: OrderStatus, to: OrderStatus) {
    super(`an order that is ${from} cannot become ${to}`);
  }
}

/** @throws IllegalMove */
export function assertLegal(from: OrderStatus, to: OrderStatus): void {
  if (!LEGAL[from].includes(to)) throw new IllegalMove(from, to);
}

export function isTerminal(status: OrderStatus): boolean {
  return LEGAL[status].length === 0;
}

export interface UndoneOrder {
  readonly failureCode: FailureCode;
  /** Whether money was taken and given back. */
  readonly refunded: boolean;
}

/** How an order ends whose saga turned back. */
export function endOfUndone({ failureCode, refunded }: UndoneOrder): OrderStatus {
  if (refunded) return 'refunded';
  return failureCode === 'card_declined' || failureCode === 'insufficient_funds' ? 'declined' : 'cancelled';
}
