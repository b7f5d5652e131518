import { type StepContext, UnknownOutcome } from './definition';
import type { Lease } from './leases';
import type { SagaRow } from './saga.store';

/**
 * Calls a verb of the domain, bounded by the lease and by `timeoutMs`, whether or not it heeds its signal.
 * @throws UnknownOutcome when it took too long, LeaseLost, and whatever the verb throws
 */
export async function callVerb<State, T>(
  act: (context: StepContext<State>) => Promise<T>,
  row: SagaRow<State>,
  lease: Lease,
  timeoutMs: number,
): Promise<T> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new UnknownOutcome(`no answer within ${timeoutMs} ms`)), timeoutMs);
  const signal = AbortSignal.any([lease.signal, timeout.signal]);
  const { id, state, attempts, remainingMs, failure } = row;
  try {
    const context: StepContext<State> = {
      id,
      state,
      attempt: attempts + 1,
      signal,
      remainingMs,
      ...(failure && { failure }),
    };
    return await Promise.race([act(context), aborted(signal)]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error; // whatever a client makes of an abort, its cause is what counts
  } finally {
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
