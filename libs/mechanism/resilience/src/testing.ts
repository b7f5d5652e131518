import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Clock } from './clock';
import { resilienceChannel, type ResilienceEvent } from './events';

interface PendingTimer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told otherwise; for tests only. */
export class FakeClock implements Clock {
  #nowMs = 0;
  #timers: PendingTimer[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that wait: a test that ends with one left has found a leak. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time on by `byMs`, running each due timer at its own instant and whatever it sets off before the next. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#takeDue(untilMs); next; next = this.#takeDue(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #takeDue(untilMs: number): PendingTimer | undefined {
    const due = this.#timers.filter((timer) => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
    if (due) this.#timers = this.#timers.filter((other) => other !== due);
    return due;
  }
}

/** Lets everything that is ready run: all promise callbacks have run when an immediate gets its turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Collects what is published until `stop`. */
export function recordEvents(): { readonly events: ResilienceEvent[]; stop(): void } {
  const events: ResilienceEvent[] = [];
  const listen = (event: unknown): void => {
    events.push(event as ResilienceEvent);
  };
  subscribe(resilienceChannel, listen);
  return { events, stop: () => unsubscribe(resilienceChannel, listen) };
}
