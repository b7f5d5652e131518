import type { Permit, SampleKind } from './adaptive-limit';
import { systemClock, type Clock } from './clock';
import { publish } from './events';

export interface TargetLimitOptions {
  /** Mean time of an answer above which fewer are let in at once; default 50 ms. */
  readonly targetMs?: number;
  /** The limit from the moment that the process is pressed; default 64. */
  readonly start?: number;
  /** Never below; default 4. */
  readonly floor?: number;
  /** The limit moves once per window; default 100 ms. */
  readonly windowMs?: number;
  /** Without pressure, and without anybody at the limit, for that long there is none; default 1,000 ms. */
  readonly calmMs?: number;
  /**
   * Without pressure, a request that has been here for longer waits for somebody else; it holds no place any more, and
   * its time says nothing. Default 500 ms.
   */
  readonly patienceMs?: number;
}

/** A request that holds a place. */
interface Held {
  readonly sinceMs: number;
}

/** What a window that was too slow leaves of the limit. */
const BACKOFF = 0.8;

/**
 * How many requests at once a pressed process answers within a target time; no limit at all while it is not pressed,
 * so that slow peers alone, with the processor idle, refuse nobody. A moment of pressure while a peer is slow must not
 * become a limit that the peer's calls fill and nobody lifts: only a pressed process backs off, and without pressure
 * those who wait for the peer take no places.
 * @see Netflix concurrency-limits, AIMDLimit. Differs: it acts on the mean of a window and not on single timeouts, and
 *  only under pressure, which whoever owns it tells by `look`.
 */
export class TargetLimit {
  readonly #options: Required<TargetLimitOptions>;
  #limit = Infinity;
  readonly #waiting = new Set<() => void>();
  /** In the order in which they came. */
  readonly #held = new Set<Held>();
  #peak = 0;
  #samples = 0;
  #sumMs = 0;
  #windowEndsMs: number;
  #pressedAtMs = -Infinity;
  #fullAtMs = -Infinity;

  constructor(
    readonly name: string,
    options: TargetLimitOptions = {},
    private readonly clock: Clock = systemClock,
  ) {
    this.#options = { targetMs: 50, start: 64, floor: 4, windowMs: 100, calmMs: 1_000, patienceMs: 500, ...options };
    this.#windowEndsMs = clock.now() + this.#options.windowMs;
  }

  /** A whole number, or Infinity. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#held.size;
  }

  /** Whether who is let in now would be one too many, or would push in before others. */
  get full(): boolean {
    return this.inFlight >= this.limit || this.#waiting.size > 0;
  }

  /** Requests that wait for a place. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** To be called several times a window: whether the process has more to do than it can do at once. */
  look(pressed: boolean): void {
    const nowMs = this.clock.now();
    if (pressed) {
      this.#pressedAtMs = nowMs;
      if (this.#limit === Infinity) this.#set(this.#options.start);
    } else this.#forget(nowMs - this.#options.patienceMs);
    if (nowMs >= this.#windowEndsMs) this.#endWindow(nowMs);
    const quietMs = nowMs - Math.max(this.#pressedAtMs, this.#fullAtMs);
    if (this.#limit !== Infinity && quietMs >= this.#options.calmMs) this.#set(Infinity);
  }

  /** Counts a request in, whatever the limit says: whoever asks compares first. */
  enter(): Permit {
    const held = { sinceMs: this.clock.now() };
    this.#held.add(held);
    this.#peak = Math.max(this.#peak, this.inFlight);
    return { release: (kind = 'answered') => this.#leave(held, kind) };
  }

  /**
   * A place, at once or when one is free, first come first served; undefined when none was after `atMostMs`. The wait
   * is no part of the time that counts.
   */
  next(atMostMs: number): Promise<Permit | undefined> {
    if (!this.full) return Promise.resolve(this.enter());
    return new Promise((resolve) => {
      const letIn = (): void => {
        this.#waiting.delete(letIn);
        cancel();
        resolve(this.enter());
      };
      const cancel = this.clock.after(atMostMs, () => {
        this.#waiting.delete(letIn);
        resolve(undefined);
      });
      this.#waiting.add(letIn);
    });
  }

  #letIn(): void {
    for (const letIn of this.#waiting) {
      if (this.inFlight >= this.limit) return;
      letIn();
    }
  }

  #leave(held: Held, kind: SampleKind): void {
    if (!this.#held.delete(held)) return; // it had been forgotten
    this.#letIn();
    if (kind === 'ignored') return;
    this.#samples++;
    this.#sumMs += this.clock.now() - held.sinceMs;
  }

  /** Takes their places from those who came before. */
  #forget(beforeMs: number): void {
    for (const held of this.#held) {
      if (held.sinceMs > beforeMs) break;
      this.#held.delete(held);
    }
    this.#letIn();
  }

  #endWindow(nowMs: number): void {
    const { targetMs, floor, windowMs } = this.#options;
    if (this.#peak >= this.limit) this.#fullAtMs = nowMs;
    if (this.#limit !== Infinity && this.#peak > 0) {
      const meanMs = this.#samples === 0 ? Infinity : this.#sumMs / this.#samples;
      const inUse = this.#peak * 2 > this.#limit; // few requests are not slow because they are many
      const pressed = this.#pressedAtMs > nowMs - windowMs;
      if (meanMs > targetMs && inUse && pressed) this.#set(Math.max(floor, this.#limit * BACKOFF));
      else if (meanMs <= targetMs && this.#peak >= this.limit) this.#set(this.#limit + 1);
    }
    this.#windowEndsMs = nowMs + windowMs;
    this.#samples = this.#sumMs = 0;
    this.#peak = this.inFlight;
  }

  #set(limit: number): void {
    const before = this.limit;
    this.#limit = limit;
    this.#letIn();
    if (this.limit !== before) publish(() => ({ type: 'limit', name: this.name, limit: this.limit }));
  }
}
