import type { Budget } from './budget';
import { sleep, systemClock, type Clock, type Random } from './clock';
import { BudgetSpent, UnknownOutcome } from './errors';
import { publish } from './events';
import { asThrown, outcomeOf, retryAfterOf, type Classify, type Failure } from './outcome';
import type { RetryBudget } from './retry-budget';

export interface RetryOptions {
  /** Attempts in all, the first included; default 3. */
  readonly maxAttempts?: number;
  /** Upper end of the first backoff; it doubles with each retry; default 50 ms. */
  readonly baseMs?: number;
  /** Upper end of any backoff; default 1,000 ms. */
  readonly capMs?: number;
  /** Only what has not been sent at all, because nobody took the connection: going on to the next replica. */
  readonly unsentOnly?: boolean;
}

export interface RetryCall {
  readonly name: string;
  /** Whether doing it twice is the same as doing it once: a GET, or a write with its key. */
  readonly idempotent: boolean;
  readonly budget?: Budget | undefined;
  readonly retryBudget?: RetryBudget | undefined;
  /** Whether the next attempt goes to a replica that has not been asked yet; default no. */
  readonly elsewhere?: () => boolean;
  readonly classify?: Classify;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A random time up to the cap that doubles: retries of many clients spread out and do not come back as a wave.
 *  @see AWS Architecture Blog, "Exponential Backoff And Jitter" (Brooker, 2015), "Full Jitter". */
export function fullJitterMs(retry: number, { baseMs = 50, capMs = 1_000 }: RetryOptions, random: Random): number {
  return random() * Math.min(capMs, baseMs * 2 ** (retry - 1));
}

/**
 * Repeats `attempt` (numbered from 1) while that is safe and worth it: never what may have been done already unless
 * `idempotent`, never before `Retry-After` where the replica that said so is asked again, never beyond the budget or
 * the retry budget. What was once unknown stays unknown until an attempt is really answered: a refused connection after
 * a lost reply does not mean that nothing was done.
 * @throws outcome_unknown; otherwise what the last attempt threw.
 */
export async function retry<T>(
  attempt: (attemptNumber: number) => Promise<T>,
  options: RetryOptions,
  call: RetryCall,
): Promise<T> {
  const { clock = systemClock, classify = outcomeOf } = call;
  let unknown: UnknownOutcome | undefined;
  for (let attemptNumber = 1; ; attemptNumber++) {
    try {
      return await attempt(attemptNumber);
    } catch (error) {
      const outcome = classify(error);
      const thrown = asThrown(error, outcome);
      if (thrown instanceof UnknownOutcome) unknown = thrown;
      const delayMs = nextDelayMs(error, outcome, attemptNumber, options, call);
      if (delayMs === undefined) throw settled(thrown, outcome, unknown);
      publish(() => ({ type: 'retry', name: call.name, attempt: attemptNumber + 1, delayMs }));
      await sleep(clock, delayMs, call.budget?.caller).catch(() => {
        throw settled(thrown, outcome, unknown); // the caller is gone: what the last attempt told is all there is
      });
    }
  }
}

/** Milliseconds to wait before the next attempt; undefined: there is none. */
function nextDelayMs(
  error: unknown,
  outcome: Failure,
  attemptNumber: number,
  options: RetryOptions,
  call: RetryCall,
): number | undefined {
  const waitMs = retryAfterOf(error);
  if (!mayRepeat(outcome, waitMs !== undefined, call.idempotent)) return undefined;
  const { maxAttempts = 3, unsentOnly = false } = options;
  if (unsentOnly && outcome !== 'not_sent') return undefined;
  if (attemptNumber >= maxAttempts) return maxAttempts > 1 ? deny(call.name, 'attempts') : undefined;
  const isElsewhere = outcome === 'unavailable' && call.elsewhere?.() === true; // a replica's 503 is its own trouble
  const askedMs = outcome === 'throttled' || (outcome === 'unavailable' && !isElsewhere) ? (waitMs ?? 0) : 0;
  const delayMs = askedMs + fullJitterMs(attemptNumber, options, call.random ?? Math.random);
  if (call.budget && delayMs >= call.budget.remainingMs()) return deny(call.name, 'time');
  if (call.retryBudget && !call.retryBudget.tryRetry()) return deny(call.name, 'ratio');
  return delayMs;
}

/** A 503 with `Retry-After` is a peer that declined before it began; a bare one may be a proxy that lost the reply. */
function mayRepeat(outcome: Failure, asksToWait: boolean, idempotent: boolean): boolean {
  switch (outcome) {
    case 'not_sent':
    case 'throttled':
      return true;
    case 'unavailable':
      return idempotent || asksToWait;
    case 'unknown':
      return idempotent;
    case 'refused':
    case 'failed':
    case 'cancelled':
      return false;
  }
}

function deny(name: string, reason: 'ratio' | 'time' | 'attempts'): undefined {
  publish(() => ({ type: 'retry_denied', name, reason }));
}

/** What the caller may be told: only a real answer of the peer ends an earlier unknown. */
function settled(thrown: unknown, outcome: Failure, unknown: UnknownOutcome | undefined): unknown {
  if (!unknown || outcome === 'refused') return thrown;
  if (thrown instanceof BudgetSpent || thrown === unknown) return unknown;
  return thrown instanceof UnknownOutcome ? thrown : new UnknownOutcome(unknown.reason, { cause: thrown });
}
