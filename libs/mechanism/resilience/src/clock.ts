/** Time as this library sees it. It is a parameter everywhere, so that a test decides what time it is. */
export interface Clock {
  /** Milliseconds on a scale that never runs backwards; only differences mean anything. */
  now(): number;
  /**
   * Calls `run` once after `delayMs`. The returned function cancels it and may be called at any time, twice too.
   * With `background` a pending timer does not keep the process alive.
   */
  after(delayMs: number, run: () => void, background?: boolean): () => void;
}

/** A number in [0, 1), as `Math.random`. */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run, background = false) {
    const timer = setTimeout(run, delayMs);
    if (background) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason as soon as `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
