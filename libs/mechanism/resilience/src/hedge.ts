import { systemClock, type Clock } from './clock';
import { UnknownOutcome } from './errors';
import { publish } from './events';
import { outcomeOf, type Classify } from './outcome';
import type { RetryBudget } from './retry-budget';

export interface HedgeOptions {
  /** A second attempt starts when the first is slower than this share of the last answers, 0..1; default 0.95. */
  readonly percentile?: number;
  /** Never sooner than this; default 5 ms. */
  readonly minDelayMs?: number;
}

/** An attempt under way that can be called off. */
export interface Running<T> {
  readonly result: Promise<T>;
  cancel(reason: unknown): void;
}

/** The last answers looked at: enough for a 95th percentile, few enough to follow a change within seconds. */
const SAMPLES = 200;
/** The percentile is computed anew after as many answers; before the first time it is a guess and nothing is hedged. */
const REFRESH_EVERY = 50;

/**
 * Starts a second attempt when the first is slower than almost all before it, takes the first success, and calls the
 * other off. Only for reads: both attempts may be done. About one call in twenty is sent twice, never more than the
 * retry budget grants.
 * @see Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013, "Hedged requests".
 */
export class Hedge {
  readonly #percentile: number;
  readonly #minDelayMs: number;
  readonly #samplesMs: number[] = [];
  #next = 0;
  #delayMs: number | undefined;

  constructor(
    readonly name: string,
    options: HedgeOptions = {},
    private readonly retryBudget?: RetryBudget,
    private readonly clock: Clock = systemClock,
    private readonly classify: Classify = outcomeOf,
  ) {
    this.#percentile = options.percentile ?? 0.95;
    this.#minDelayMs = options.minDelayMs ?? 5;
  }

  /** Milliseconds after which a second attempt starts; undefined until enough answers were seen. */
  get delayMs(): number | undefined {
    return this.#delayMs;
  }

  /** Runs `start` once, or twice when it is slow. @throws a refusal (4xx) as soon as it comes; else what the last of
   *  them to fail threw. */
  run<T>(start: () => Running<T>): Promise<T> {
    const startedAtMs = this.clock.now();
    const first = start();
    const delayMs = this.#delayMs;
    const result = delayMs === undefined ? first.result : this.#race(first, start, delayMs);
    return result.then((answer) => {
      this.#observe(this.clock.now() - startedAtMs);
      return answer;
    });
  }

  #race<T>(first: Running<T>, start: () => Running<T>, delayMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      let second: Running<T> | undefined;
      let failed = 0;
      const callOff = (other: Running<T> | undefined): void => other?.cancel(new UnknownOutcome('cancelled'));
      const lose = (error: unknown, other: Running<T> | undefined): void => {
        cancelTimer();
        failed++;
        const answered = this.classify(error) === 'refused';
        if (second && failed < 2 && !answered) return;
        reject(error);
        if (failed < 2) callOff(other);
      };
      const cancelTimer = this.clock.after(delayMs, () => {
        if (this.retryBudget && !this.retryBudget.tryRetry()) return;
        publish(() => ({ type: 'hedge', name: this.name, afterMs: delayMs }));
        second = start();
        second.result.then(
          (answer) => {
            publish(() => ({ type: 'hedge_won', name: this.name }));
            resolve(answer);
            callOff(first);
          },
          (error: unknown) => lose(error, first),
        );
      });
      first.result.then(
        (answer) => {
          cancelTimer();
          resolve(answer);
          callOff(second);
        },
        (error: unknown) => lose(error, second),
      );
    });
  }

  #observe(tookMs: number): void {
    this.#samplesMs[this.#next % SAMPLES] = tookMs;
    this.#next++;
    if (this.#next % REFRESH_EVERY !== 0) return;
    const sorted = Float64Array.from(this.#samplesMs).sort();
    const rank = Math.ceil(this.#percentile * sorted.length) - 1;
    this.#delayMs = Math.max(this.#minDelayMs, sorted[Math.max(0, rank)] ?? 0);
  }
}
