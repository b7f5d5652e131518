import { systemClock, type Clock, type Random } from './clock';
import { publish } from './events';

/** Requests that may queue at any limit: what lets a limit grow that is not yet felt. */
const QUEUE = 4;
/** Twice the best time is still not taken for a queue, because work differs. */
const TOLERANCE = 2;
/** Share of a fall that is followed at once: one slow window is an outlier. */
const SMOOTHING = 0.2;

/** Requests in flight allowed in the next window, never below `floor`. @throws RangeError unless `rttMs` > 0: do not
 *  call for an empty window.
 *  @see Netflix concurrency-limits, GradientLimit. Differs: the queue term is fixed at 4, not sqrt(limit), so that
 *  tests are exact. */
export function nextLimit(current: number, rttMs: number, rttMinMs: number, floor: number): number {
  if (!(rttMs > 0)) throw new RangeError('rttMs must be above 0');
  const gradient = Math.max(0.5, Math.min(1, (TOLERANCE * rttMinMs) / rttMs));
  const wanted = current * gradient + QUEUE;
  return Math.max(floor, wanted < current ? current * (1 - SMOOTHING) + wanted * SMOOTHING : wanted);
}

export interface AdaptiveLimitOptions {
  /** Where it starts; default 50. */
  readonly initial?: number;
  /** Never below; default 4. */
  readonly floor?: number;
  /** Never above; default 1,000. */
  readonly ceiling?: number;
  /** The limit moves once per window; default 500 ms. */
  readonly windowMs?: number;
  /** After so many windows, or up to twice as many, the best time is measured anew; default 600, five minutes. */
  readonly probeEveryWindows?: number;
}

/** How a request that held a place ended: `dropped` is a sign of overload, `ignored` says nothing about it. */
export type SampleKind = 'answered' | 'dropped' | 'ignored';

/** A place under the limit; `release` gives it back and must be called exactly once. */
export interface Permit {
  release(kind?: SampleKind): void;
}

/**
 * Finds how many requests at once this process (or a dependency) answers without queueing, by watching whether they
 * take longer than the best it has seen. Never below `floor`, never above `ceiling`; it does not grow while it is not
 * used.
 * @see Netflix concurrency-limits, GradientLimit. Differs: samples are averaged over a window; a probe halves the limit
 *  for one window, where GradientLimit falls to its queue size, because that sheds nearly all of a busy shop's load.
 */
export class AdaptiveLimit {
  readonly #options: Required<AdaptiveLimitOptions>;
  #limit: number;
  #inFlight = 0;
  #rttMinMs = Infinity;
  #windowEndsMs: number;
  #samples = 0;
  #sumMs = 0;
  #peak = 0;
  #dropped = false;
  #windowsToProbe: number;
  /** The limit to go back to after the window of a probe; undefined outside of one. */
  #beforeProbe: number | undefined;

  constructor(
    readonly name: string,
    options: AdaptiveLimitOptions = {},
    private readonly clock: Clock = systemClock,
    private readonly random: Random = Math.random,
  ) {
    this.#options = { initial: 50, floor: 4, ceiling: 1_000, windowMs: 500, probeEveryWindows: 600, ...options };
    this.#limit = this.#bounded(this.#options.initial);
    this.#windowEndsMs = clock.now() + this.#options.windowMs;
    this.#windowsToProbe = this.#nextProbe();
  }

  /** Requests allowed at once now, a whole number. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Counts a request in, whatever the limit says: whoever asks compares first. */
  enter(): Permit {
    const startedAtMs = this.clock.now();
    this.#inFlight++;
    this.#peak = Math.max(this.#peak, this.#inFlight);
    return { release: (kind = 'answered') => this.#leave(startedAtMs, kind) };
  }

  #leave(startedAtMs: number, kind: SampleKind): void {
    const nowMs = this.clock.now();
    this.#inFlight--;
    if (kind === 'dropped') this.#dropped = true;
    if (kind === 'answered' && nowMs > startedAtMs) {
      this.#samples++;
      this.#sumMs += nowMs - startedAtMs;
    }
    if (nowMs >= this.#windowEndsMs) this.#endWindow(nowMs);
  }

  #endWindow(nowMs: number): void {
    if (this.#samples > 0) this.#move(this.#sumMs / this.#samples);
    else if (this.#dropped) this.#set(this.#limit * BACKOFF);
    this.#windowEndsMs = nowMs + this.#options.windowMs;
    this.#samples = this.#sumMs = 0;
    this.#peak = this.#inFlight;
    this.#dropped = false;
  }

  #move(rttMs: number): void {
    if (this.#beforeProbe !== undefined) {
      this.#rttMinMs = rttMs; // half the load has no queue: this is how long the work takes by itself today
      this.#set(this.#beforeProbe);
      this.#beforeProbe = undefined;
      return;
    }
    if (--this.#windowsToProbe <= 0) {
      this.#windowsToProbe = this.#nextProbe();
      this.#beforeProbe = this.#limit;
      return this.#set(this.#limit / 2);
    }
    this.#rttMinMs = Math.min(this.#rttMinMs, rttMs);
    if (this.#dropped) this.#set(this.#limit * BACKOFF);
    else if (this.#peak >= this.#limit / 2) {
      this.#set(nextLimit(this.#limit, rttMs, this.#rttMinMs, this.#options.floor));
    }
  }

  #set(limit: number): void {
    const before = this.limit;
    this.#limit = this.#bounded(limit);
    if (this.limit !== before) publish(() => ({ type: 'limit', name: this.name, limit: this.limit }));
  }

  #bounded(limit: number): number {
    return Math.max(this.#options.floor, Math.min(this.#options.ceiling, limit));
  }

  #nextProbe(): number {
    return Math.ceil(this.#options.probeEveryWindows * (1 + this.random()));
  }
}

/** A drop takes a tenth of the limit. */
const BACKOFF = 0.9;
