import type { Budget } from './budget';
import { systemClock, type Clock } from './clock';
import { BudgetSpent, BulkheadFull } from './errors';
import { publish } from './events';

export interface BulkheadOptions {
  /** Calls in flight at once. */
  readonly maxInFlight: number;
  /** Calls that may wait for a place; default 0, no queue. */
  readonly maxQueue?: number;
  /** The longest a call waits for a place; default 100 ms. */
  readonly maxWaitMs?: number;
}

interface Waiting {
  enter(): void;
}

/**
 * Never more than `maxInFlight` calls at once and never more than `maxQueue` waiting, first come first served: a slow
 * dependency can hold that many of our requests and no more.
 * @see Nygard, Release It!, 2nd ed., ch. 5 "Bulkheads".
 */
export class Bulkhead {
  readonly #maxInFlight: number;
  readonly #maxQueue: number;
  readonly #maxWaitMs: number;
  readonly #queue = new Set<Waiting>();
  #inFlight = 0;

  constructor(
    readonly name: string,
    options: BulkheadOptions,
    private readonly clock: Clock = systemClock,
  ) {
    this.#maxInFlight = options.maxInFlight;
    this.#maxQueue = options.maxQueue ?? 0;
    this.#maxWaitMs = options.maxWaitMs ?? 100;
    if (!(this.#maxInFlight >= 1)) throw new RangeError('a bulkhead holds at least one call');
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /**
   * Runs `call` when there is a place; the place is free again when its promise settles.
   * @throws unavailable `BulkheadFull`: queue full, or waited too long. @throws budget_spent while waiting.
   */
  async run<T>(call: () => Promise<T>, budget?: Budget): Promise<T> {
    if (this.#inFlight < this.#maxInFlight) this.#inFlight++;
    else await this.#wait(budget); // whoever leaves hands its place on, so the count stays
    try {
      return await call();
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    const [next] = this.#queue;
    if (next) next.enter();
    else this.#inFlight--;
  }

  #wait(budget: Budget | undefined): Promise<void> {
    if (budget?.spent) return Promise.reject(new BudgetSpent());
    if (this.#queue.size >= this.#maxQueue) return Promise.reject(this.#full('queue'));
    const maxWaitMs = this.#maxWaitMs;
    const waitMs = budget ? budget.remainingMs({ atMost: maxWaitMs }) : maxWaitMs;
    return new Promise((resolve, reject) => {
      const caller = budget?.caller;
      const stop = (): void => {
        this.#queue.delete(waiting);
        cancel();
        caller?.removeEventListener('abort', onGone);
      };
      const waiting: Waiting = {
        enter() {
          stop();
          resolve();
        },
      };
      const cancel = this.clock.after(waitMs, () => {
        stop();
        reject(waitMs < maxWaitMs ? new BudgetSpent() : this.#full('wait'));
      });
      const onGone = (): void => {
        stop();
        reject(new BudgetSpent());
      };
      caller?.addEventListener('abort', onGone, { once: true });
      this.#queue.add(waiting);
    });
  }

  #full(reason: 'queue' | 'wait'): BulkheadFull {
    publish(() => ({ type: 'bulkhead_full', name: this.name, reason }));
    return new BulkheadFull(this.name);
  }
}
