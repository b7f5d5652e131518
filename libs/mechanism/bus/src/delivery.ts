import { isTransient } from '@stampede/db';
import { Undecodable } from './envelope';
import type { SubscribeOptions } from './port';

const FIRST_RETRY_DELAY_MS = 200;
const RETRY_DELAY_FACTOR = 4;
/** Bounds the time that a poison event holds up its partition: five attempts take 17 s. */
const LONGEST_RETRY_DELAY_MS = 13_000;
const DEFAULT_MAX_ATTEMPTS = 5;

/** 200 ms, 800 ms, 3.2 s, 12.8 s, and 13 s from then on. */
export function defaultRetryDelayMs(attempt: number): number {
  return Math.min(FIRST_RETRY_DELAY_MS * RETRY_DELAY_FACTOR ** (attempt - 1), LONGEST_RETRY_DELAY_MS);
}

/** The options with their defaults in place. @throws RangeError for `maxAttempts` below 1 */
export function withDefaults(options: SubscribeOptions): Required<SubscribeOptions> {
  const maxAttempts = options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1)
    throw new RangeError(`maxAttempts must be 1 or more, not ${maxAttempts}`);
  return {
    topic: options.topic,
    group: options.group,
    onEvent: options.onEvent.bind(options),
    maxAttempts,
    deadLetters: options.deadLetters ?? true,
    retryDelayMs: options.retryDelayMs?.bind(options) ?? defaultRetryDelayMs,
    isTransient: options.isTransient?.bind(options) ?? isTransient,
  };
}

/** What follows a failed delivery. A failure that is not the event's fault does not count against it. */
export type Verdict = { next: 'retry'; failures: number; delayMs: number } | { next: 'dead-letter' };

/** Judges a failed delivery; `failures` counts those before it. */
export function judge(error: unknown, failures: number, options: Required<SubscribeOptions>): Verdict {
  if (error instanceof Undecodable && options.deadLetters) return { next: 'dead-letter' };
  if (options.isTransient(error)) return { next: 'retry', failures, delayMs: options.retryDelayMs(failures + 1) };
  if (failures + 1 >= options.maxAttempts && options.deadLetters) return { next: 'dead-letter' };
  return { next: 'retry', failures: failures + 1, delayMs: options.retryDelayMs(failures + 1) };
}

/** Resolves after `delayMs`, or at once when `signal` aborts; never rejects. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', done);
  });
}
