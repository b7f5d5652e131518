export interface Backoff {
  /** Before the second attempt, ms. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * How long to wait after the `attempts`-th attempt (from 1), ms: doubling, between half and the whole of it at random
 * so that sagas which failed together do not come back together; never less than the failed call asked for
 * (`retryAfterMs`), within `longestMs`.
 * @see Exponential Backoff And Jitter, AWS Architecture Blog, "equal jitter"
 */
export function backoffMs(backoff: Backoff, attempts: number, error: unknown, random: () => number): number {
  const ceilingMs = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(attempts - 1, 30));
  const jitteredMs = ceilingMs * (0.5 + random() / 2);
  return Math.min(backoff.longestMs, Math.max(jitteredMs, retryAfterMs(error)));
}

function retryAfterMs(error: unknown): number {
  const asked = (error as { retryAfterMs?: unknown } | null | undefined)?.retryAfterMs;
  return typeof asked === 'number' && asked > 0 ? asked : 0;
}
