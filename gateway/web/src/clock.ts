let earliestMs = Number.NEGATIVE_INFINITY;
let latestMs = Number.POSITIVE_INFINITY;

const SECOND_MS = 1_000; // the Date header is cut to whole seconds

/** Milliseconds since 1970 by the shop's clock: a wrong clock on the buyer's side must not shorten or stretch a
 *  hold. */
export function shopNow(): number {
  return Date.now() + (Number.isFinite(earliestMs) ? (earliestMs + latestMs) / 2 : 0);
}

/** Learns from an answer's Date header. Each answer bounds the difference of the clocks; together they narrow it
 *  to far below a second.
 *  @see Cristian, Probabilistic clock synchronization (1989). Differs: the cut second widens the bounds, and all
 *  answers are intersected. */
export function learnShopTime(dateHeader: string | null, sentAtMs: number, receivedAtMs: number): void {
  const dateMs = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  if (Number.isNaN(dateMs) || receivedAtMs < sentAtMs) return;
  const low = dateMs - receivedAtMs;
  const high = dateMs + SECOND_MS - sentAtMs;
  const agrees = Math.max(low, earliestMs) <= Math.min(high, latestMs);
  earliestMs = agrees ? Math.max(low, earliestMs) : low; // a clock was set: what was learned before is void
  latestMs = agrees ? Math.min(high, latestMs) : high;
}
