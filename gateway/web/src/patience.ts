import { ShopProblem, Unreachable } from './http';

export interface Wait {
  readonly error: unknown;
  readonly waitMs: number;
  /** Ends the wait at once. */
  readonly tryNow: () => void;
}

export interface Patience {
  readonly signal: AbortSignal;
  /** Called before each wait, to explain it. */
  readonly onWait: (wait: Wait) => void;
  /** Attempts before giving up; without it the page itself is the limit. */
  readonly attempts?: number;
}

const FIRST_WAIT_MS = 600;
const LONGEST_WAIT_MS = 15_000;
const EXTRA_JITTER = 0.25; // of the wait the shop asked for: a crowd told "2 s" must not return as one

/** Whether asking again, unchanged, may help. Everything that is not a final answer of the shop. */
export function mayPass(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  if (!(error instanceof ShopProblem)) return false;
  return error.status >= 500 || error.status === 429 || error.status === 408 || error.code === 'idempotency_in_flight';
}

/** How long to wait before attempt `attempt` + 1; never less than the shop asked for. `random` in 0..1. */
export function waitMsAfter(error: unknown, attempt: number, random: number): number {
  const asked = error instanceof ShopProblem ? error.retryAfterMs : undefined;
  if (asked !== undefined) return asked + Math.max(300, asked * EXTRA_JITTER) * random;
  const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return ceiling / 2 + (ceiling / 2) * random;
}

/** Runs until an answer that is final. Safe only for what may be repeated: reads, and writes under one
 *  Idempotency-Key. */
export async function untilAnswered<Reply>(run: () => Promise<Reply>, patience: Patience): Promise<Reply> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      patience.signal.throwIfAborted();
      const last = patience.attempts !== undefined && attempt + 1 >= patience.attempts;
      if (!mayPass(error) || last) throw error;
      const waitMs = waitMsAfter(error, attempt, Math.random());
      const now = new AbortController();
      patience.onWait({ error, waitMs, tryNow: () => now.abort() });
      await pause(waitMs, patience.signal, now.signal);
    }
  }
}

/** Resolves after `waitMs`, when `wake` aborts, or when the browser comes back online. @throws when `signal` aborts. */
export function pause(waitMs: number, signal: AbortSignal, wake?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settled = new AbortController();
    const settle = (done: () => void) => () => {
      clearTimeout(timer);
      settled.abort();
      done();
    };
    const end = settle(resolve);
    const timer = setTimeout(end, waitMs);
    const cancel = settle(() => reject(signal.reason as Error));
    const options = { once: true, signal: settled.signal };
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, options);
    wake?.addEventListener('abort', end, options);
    addEventListener('online', end, options);
  });
}

/** Resolves once the page is visible and online: nobody looks at what a hidden tab asks for. */
export async function untilLookedAt(signal: AbortSignal): Promise<void> {
  while (document.hidden || !navigator.onLine) {
    await new Promise<void>((resolve, reject) => {
      const settled = new AbortController();
      const options = { once: true, signal: settled.signal };
      const end = () => {
        settled.abort();
        resolve();
      };
      document.addEventListener('visibilitychange', end, options);
      addEventListener('online', end, options);
      signal.addEventListener('abort', () => reject(signal.reason as Error), options);
    });
  }
}

export interface Polling {
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly onTrouble: (wait: Wait) => void;
  /** Goes on while nobody looks: for what is lost by not asking. */
  readonly evenHidden?: boolean;
}

/** Asks again and again while the page is looked at. `run` may return the next wait in ms, or `'stop'`. Final
 *  problems end it. */
export async function poll(run: () => Promise<number | 'stop' | void>, polling: Polling): Promise<void> {
  const { signal, everyMs } = polling;
  for (;;) {
    if (!polling.evenHidden) await untilLookedAt(signal);
    const next = await untilAnswered(run, { signal, onWait: polling.onTrouble });
    if (next === 'stop') return;
    const waitMs = next ?? everyMs;
    await pause(waitMs + Math.random() * waitMs * 0.1, signal);
  }
}
