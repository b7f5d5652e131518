import { AdaptiveLimit, type Permit, type SampleKind } from './adaptive-limit';
import { systemClock, type Clock } from './clock';
import { Overloaded, UnknownOutcome } from './errors';
import { publish } from './events';
import { outcomeOf } from './outcome';

/** What a request is worth when not all can be served: `background` goes first, `critical` last. */
export type Priority = 'critical' | 'normal' | 'background';

/** Share of each bound that a class may fill. Critical work has the last fifth of everything for itself. */
const SHARES: Readonly<Record<Priority, number>> = { critical: 1, normal: 0.8, background: 0.5 };

export interface LoadShedderOptions {
  /** Requests in flight at which even critical work is shed; a number or a limit that adapts; default none. */
  readonly limit?: number | AdaptiveLimit;
  /** Delay of the event loop at which even critical work is shed; default 200 ms. */
  readonly maxLoopDelayMs?: number;
  /** The present delay, see `LoopDelay`; default 0, not watched. */
  readonly loopDelayMs?: () => number;
  /** Length of a queue behind this process (a pool's waiting callers) and the length at which critical work is shed. */
  readonly queue?: { readonly length: () => number; readonly max: number };
  readonly retryAfterMs?: number;
}

/**
 * Refuses work that could not be done in time, least important first: whenever `critical` is refused, `normal` and
 * `background` would be too. A refusal costs microseconds and says when to come back.
 * @see Google SRE book, ch. 21 "Handling Overload" (criticality), ch. 22 "Addressing Cascading Failures" (load
 *  shedding and graceful degradation).
 */
export class LoadShedder {
  readonly #limit: AdaptiveLimit;
  readonly #maxLoopDelayMs: number;

  constructor(
    readonly name: string,
    private readonly options: LoadShedderOptions,
    clock: Clock = systemClock,
  ) {
    const { limit = Infinity } = options;
    this.#limit = typeof limit === 'number' ? fixed(name, limit, clock) : limit;
    this.#maxLoopDelayMs = options.maxLoopDelayMs ?? 200;
  }

  get inFlight(): number {
    return this.#limit.inFlight;
  }

  get limit(): number {
    return this.#limit.limit;
  }

  /** Counts a request in until its permit is released. @throws overloaded */
  admit(priority: Priority): Permit {
    const reason = this.#overload(SHARES[priority]);
    if (reason) {
      publish(() => ({ type: 'shed', name: this.name, priority, reason }));
      throw new Overloaded(reason, this.options.retryAfterMs);
    }
    return this.#limit.enter();
  }

  /** As `admit`, around `call`. @throws overloaded */
  async run<T>(priority: Priority, call: () => Promise<T>): Promise<T> {
    const permit = this.admit(priority);
    try {
      const answer = await call();
      permit.release('answered');
      return answer;
    } catch (error) {
      permit.release(kindOf(error));
      throw error;
    }
  }

  #overload(share: number): Overloaded['reason'] | undefined {
    const { loopDelayMs, queue } = this.options;
    if (this.#limit.inFlight >= this.#limit.limit * share) return 'concurrency';
    if (loopDelayMs && loopDelayMs() >= this.#maxLoopDelayMs * share) return 'event_loop';
    if (queue && queue.length() >= queue.max * share) return 'queue';
    return undefined;
  }
}

/** What a failure says about load: a refusal took its time like any answer, a timeout is the sign of too much. */
function kindOf(error: unknown): SampleKind {
  if (error instanceof UnknownOutcome && error.reason === 'timeout') return 'dropped';
  return outcomeOf(error) === 'refused' ? 'answered' : 'ignored';
}

/** A limit that never moves. */
function fixed(name: string, limit: number, clock: Clock): AdaptiveLimit {
  return new AdaptiveLimit(name, { initial: limit, floor: limit, ceiling: limit }, clock);
}

/** How often the loop is asked for its delay; a fifth of the shortest delay worth shedding for. */
const SAMPLE_MS = 20;
/** A delay is believed for so many samples after it was seen, because the work it held up arrives right after it. */
const KEPT_SAMPLES = 10;

/** Watches by how much timers of this process come late: time for which every request here waited. `stop` ends it. */
export class LoopDelay {
  readonly #lateMs = new Float64Array(KEPT_SAMPLES);
  #next = 0;
  #dueMs = 0;
  #cancel: () => void = () => undefined;

  constructor(private readonly clock: Clock = systemClock) {
    this.#arm();
  }

  /** The largest delay of the last 200 ms, or of the last block of the loop if that was longer. */
  get ms(): number {
    return Math.max(...this.#lateMs);
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#dueMs = this.clock.now() + SAMPLE_MS;
    this.#cancel = this.clock.after(
      SAMPLE_MS,
      () => {
        this.#lateMs[this.#next % KEPT_SAMPLES] = Math.max(0, this.clock.now() - this.#dueMs);
        this.#next++;
        this.#arm();
      },
      true,
    );
  }
}
