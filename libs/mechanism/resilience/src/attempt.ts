import type { Balancer } from './balancer';
import type { Clock } from './clock';
import { UnknownOutcome } from './errors';
import type { Running } from './hedge';
import type { Classify, Outcome } from './outcome';

export interface AttemptOptions {
  readonly clock: Clock;
  readonly classify: Classify;
  readonly balancer: Balancer | undefined;
  /** Addresses that this call has used; the attempt adds its own. */
  readonly tried: Set<string>;
  readonly timeoutMs: number;
  readonly caller: AbortSignal | undefined;
}

/**
 * Starts one attempt. It ends at the latest after `timeoutMs`, when the caller is gone, or when it is called off: then
 * the signal aborts and the result rejects with `UnknownOutcome` at once, whether or not `send` obeys the signal.
 * Timer, listener and the address's place are released in every case.
 */
export function startAttempt<T>(
  send: (signal: AbortSignal, address: string | undefined) => Promise<T>,
  { clock, classify, balancer, tried, timeoutMs, caller }: AttemptOptions,
): Running<T> {
  const lease = balancer?.pick(tried);
  if (lease) tried.add(lease.address);
  const controller = new AbortController();
  let abandon!: (reason: unknown) => void;
  const result = new Promise<T>((resolve, reject) => {
    let running = true;
    const end = (outcome: Outcome): boolean => {
      if (!running) return false;
      running = false;
      cancelTimer?.();
      caller?.removeEventListener('abort', onGone);
      lease?.done(outcome);
      return true;
    };
    abandon = (reason) => {
      if (!end(classify(reason))) return;
      controller.abort(reason);
      reject(reason);
    };
    const onGone = (): void => abandon(new UnknownOutcome('cancelled', { cause: caller?.reason }));
    const cancelTimer =
      timeoutMs === Infinity ? undefined : clock.after(timeoutMs, () => abandon(new UnknownOutcome('timeout')));
    caller?.addEventListener('abort', onGone, { once: true });
    invoke(send, controller.signal, lease?.address).then(
      (answer) => {
        if (end('success')) resolve(answer);
      },
      (error: unknown) => {
        if (end(classify(error))) reject(error);
      },
    );
  });
  return { result, cancel: abandon };
}

/** Makes a rejection of what `send` throws before its first await. */
async function invoke<T>(
  send: (signal: AbortSignal, address: string | undefined) => Promise<T>,
  signal: AbortSignal,
  address: string | undefined,
): Promise<T> {
  return send(signal, address);
}
