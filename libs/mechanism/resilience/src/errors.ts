/** When nothing better is known: long enough not to be part of a burst, short enough for a buyer to wait. */
const RETRY_SOON_MS = 1_000;

/** The time for this request was used up before anything was sent: nothing was done. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
  readonly code = 'budget_spent';
  constructor(readonly retryAfterMs: number = RETRY_SOON_MS) {
    super('the time for this request is used up');
  }
}

/** As many calls as allowed are in flight and the queue was full, or too slow: nothing was done. */
export class BulkheadFull extends Error {
  override readonly name = 'BulkheadFull';
  readonly code = 'unavailable';
  constructor(
    readonly bulkhead: string,
    readonly retryAfterMs: number = RETRY_SOON_MS,
  ) {
    super(`bulkhead ${bulkhead} is full`);
  }
}

/** The dependency failed too often of late and is left alone for `retryAfterMs`: nothing was done. */
export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen';
  readonly code = 'unavailable';
  constructor(
    readonly circuit: string,
    readonly retryAfterMs: number = RETRY_SOON_MS,
  ) {
    super(`circuit ${circuit} is open`);
  }
}

/** This process has more work than it can do in time, and this piece matters less: nothing was done. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';
  readonly code = 'overloaded';
  constructor(
    readonly reason: 'concurrency' | 'queue' | 'event_loop',
    readonly retryAfterMs: number = RETRY_SOON_MS,
  ) {
    super(`shed: ${reason}`);
  }
}

/**
 * The request was sent and no answer came: it was done or it was not, and nobody here can tell. It is never "failed":
 * whoever catches it asks by the same key, or repeats with the same key, before anything else.
 */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
  readonly code = 'outcome_unknown';
  readonly retryAfterMs: number = RETRY_SOON_MS;
  constructor(
    readonly reason: 'timeout' | 'connection_lost' | 'cancelled' | 'gateway',
    options?: ErrorOptions,
  ) {
    super(`the outcome is unknown: ${reason}`, options);
  }
}

/** A refusal of ours: made before anything was sent, so the call has certainly not happened. */
export type Refusal = BudgetSpent | BulkheadFull | CircuitOpen | Overloaded;

export function isRefusal(error: unknown): error is Refusal {
  return (
    error instanceof BudgetSpent ||
    error instanceof BulkheadFull ||
    error instanceof CircuitOpen ||
    error instanceof Overloaded
  );
}
