import { setTimeout as delay } from 'node:timers/promises';
import type { Lab } from './lab';

/** One in five may fail, or take its time. */
const SHARE_OF_STRIKES = 0.8;

/**
 * Strikes at once and then again and again, never two at a time; a strike that fails is recorded, and the next tried.
 */
export class Strikes {
  private readonly beganAt = performance.now();
  private endedAt: number | undefined;
  private readonly stopping = new AbortController();
  private readonly signal: AbortSignal;
  private readonly running: Promise<void>;

  constructor(
    private readonly lab: Pick<Lab, 'signal' | 'record'>,
    private readonly everyMs: number,
    private readonly strike: () => Promise<void>,
  ) {
    this.signal = AbortSignal.any([lab.signal, this.stopping.signal]);
    this.running = this.run();
  }

  /** How many there must have been by now, or by the stop: most of those that the time had room for. */
  get least(): number {
    const lastedMs = (this.endedAt ?? performance.now()) - this.beganAt;
    return Math.max(1, Math.floor((lastedMs / this.everyMs) * SHARE_OF_STRIKES));
  }

  /** Resolves when the last strike is over; may be called twice. */
  async stop(): Promise<void> {
    this.endedAt ??= performance.now();
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.signal.aborted) {
      const pause = delay(this.everyMs, undefined, { signal: this.signal }).catch(() => undefined); // the loop ends
      await this.strike().catch((error: unknown) => this.lab.record('a strike failed', { why: String(error) }));
      await pause;
    }
  }
}

/** The same work at most once, however often it is asked for. */
export function atMostOnce(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

/** @throws Error when there is nothing to choose from */
export function oneOf<T>(choices: readonly T[], random: () => number): T {
  const chosen = choices[Math.floor(random() * choices.length)];
  if (chosen === undefined) throw new Error('there is nothing to choose from');
  return chosen;
}
