import { systemClock, type Clock } from './clock';

export interface RetryBudgetOptions {
  /** Retries allowed per request, 0..1; default 0.2. */
  readonly ratio?: number;
  /** Retries per second that a quiet dependency may have besides; default 1. */
  readonly floorPerSecond?: number;
}

/** Tokens are counted in thousandths, so that five deposits of 0.2 are one retry exactly. */
const UNIT = 1_000;
/** Retries that a calm hour may save up for a storm, and no more. */
const MAX_SAVED = 100;

/**
 * In any span of time the retries granted are at most `ratio` of the requests in it, plus `floorPerSecond` for each
 * of its seconds, plus what was saved up before (100 and one second's floor at most). So a dependency that fails
 * altogether gets 1.2 times its load and not three times.
 * @see Google SRE book, ch. 21 "Handling Overload", per-client retry budget (10 %); Finagle, RetryBudget (20 % and 10
 *  a second). Differs from Finagle: the floor is 1 a second, and saved tokens are capped where Finagle's age in 10 s.
 */
export class RetryBudget {
  readonly #depositUnits: number;
  readonly #floorPerSecond: number;
  readonly #maxFloor: number;
  #saved = 0;
  #floor: number;
  #filledAtMs: number;

  constructor(
    options: RetryBudgetOptions = {},
    private readonly clock: Clock = systemClock,
  ) {
    const { ratio = 0.2, floorPerSecond = 1 } = options;
    if (!(ratio >= 0 && ratio <= 1)) throw new RangeError('ratio is 0..1');
    this.#depositUnits = Math.floor(ratio * UNIT);
    this.#floorPerSecond = floorPerSecond;
    this.#maxFloor = floorPerSecond > 0 ? Math.max(1, floorPerSecond) : 0;
    this.#floor = this.#maxFloor;
    this.#filledAtMs = clock.now();
  }

  /** Tells of a request, not of its retries. */
  request(): void {
    this.#saved = Math.min(this.#saved + this.#depositUnits, MAX_SAVED * UNIT);
  }

  /** Takes leave for one retry (or hedge); false: the caller has to live with what it got. */
  tryRetry(): boolean {
    if (this.#saved >= UNIT) {
      this.#saved -= UNIT;
      return true;
    }
    const nowMs = this.clock.now();
    const earned = ((nowMs - this.#filledAtMs) / 1_000) * this.#floorPerSecond;
    this.#floor = Math.min(this.#floor + earned, this.#maxFloor);
    this.#filledAtMs = nowMs;
    if (this.#floor < 1) return false;
    this.#floor -= 1;
    return true;
  }
}
