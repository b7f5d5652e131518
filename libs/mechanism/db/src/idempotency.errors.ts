/** The first request with this key is still running; its answer is there, or the key free, after `retryAfterMs`. */
export class KeyInFlight extends Error {
  override readonly name = 'KeyInFlight';
  readonly code = 'idempotency_in_flight';

  constructor(readonly retryAfterMs: number) {
    super('the first request with this key is still running');
  }
}

/** The key was used with another request before. */
export class KeyConflict extends Error {
  override readonly name = 'KeyConflict';
  readonly code = 'idempotency_conflict';

  constructor() {
    super('the key was used with another request');
  }
}

/** The lease ended and another worker took the key over: what this one did must not be committed. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
  readonly code = 'idempotency_in_flight';
  /** The other worker needs a moment. */
  readonly retryAfterMs = 1_000;

  constructor() {
    super('another worker has taken over the key of this request');
  }
}
