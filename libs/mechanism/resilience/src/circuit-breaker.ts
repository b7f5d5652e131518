import { EventEmitter } from 'node:events';
import Opossum from 'opossum';
import { systemClock, type Clock } from './clock';
import { CircuitOpen } from './errors';
import { publish } from './events';
import { isHealthy, outcomeOf, type Classify } from './outcome';

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitBreakerOptions {
  /** The circuit opens when more than this share of the window's calls failed, 0..1; default 0.5. */
  readonly failureRatio?: number;
  /** Fewer calls than this in the window never open it; default 20. */
  readonly volumeThreshold?: number;
  /** Length of the sliding window; default 10,000 ms. */
  readonly windowMs?: number;
  /** How long the dependency is left alone before one call may try it; default 5,000 ms. */
  readonly openMs?: number;
}

/** Counted from the start of the process. */
export interface CircuitStats {
  readonly state: CircuitState;
  readonly successes: number;
  readonly failures: number;
  readonly rejected: number;
  readonly cancelled: number;
}

type Call = () => Promise<unknown>;
type Circuit = Opossum<[Call], unknown>;

const BUCKETS = 10;
/** The longest that a Node timer can wait: when a circuit is half-open is told by `clock` and not by opossum. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * Fails at once while a dependency fails, and then lets exactly one call try it, however many arrive. An answer that
 * shows the peer alive (4xx, `Retry-After`) counts as success; a call that its caller gave up decides nothing
 * in a half-open circuit and is one more call in a closed one.
 * @see Nygard, Release It!, 2nd ed., ch. 5 "Circuit Breaker". Opossum counts, decides and limits the trial. Differs
 *  from opossum alone: each trial has an opossum of its own, which goes on when it closes, so that a late reply from
 *  before decides nothing and old failures do not reopen a circuit that has just closed; a trial that never ends is
 *  given up after `openMs`; time comes from `clock`.
 */
export class CircuitBreaker {
  readonly #openMs: number;
  readonly #bucketMs: number;
  readonly #options: Required<CircuitBreakerOptions>;
  readonly #stats = { successes: 0, failures: 0, rejected: 0, cancelled: 0 };
  #circuit: Circuit;
  #rotation!: EventEmitter;
  #bucketEndsMs = 0;
  #state: CircuitState = 'closed';
  /** When the present open period began, or the present trial. */
  #sinceMs = 0;
  /** The last error of a call that was given up: opossum reports it as a success right after. */
  #givenUp: unknown = Symbol('none');

  constructor(
    readonly name: string,
    options: CircuitBreakerOptions = {},
    private readonly clock: Clock = systemClock,
    private readonly classify: Classify = outcomeOf,
  ) {
    this.#options = { failureRatio: 0.5, volumeThreshold: 20, windowMs: 10_000, openMs: 5_000, ...options };
    this.#openMs = this.#options.openMs;
    this.#bucketMs = this.#options.windowMs / BUCKETS;
    this.#circuit = this.#newCircuit('closed');
  }

  get state(): CircuitState {
    return this.#state === 'open' && this.#waitMs() === 0 ? 'half-open' : this.#state;
  }

  stats(): CircuitStats {
    return { state: this.state, ...this.#stats };
  }

  /** Runs `call` unless the circuit is open. @throws unavailable `CircuitOpen`: it was not run. */
  run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#state === 'closed') this.#rotate();
    else if (!this.#mayTry()) return Promise.reject(this.#reject());
    return this.#circuit.fire(call) as Promise<T>;
  }

  /** In an open or half-open circuit: whether this call is the trial. */
  #mayTry(): boolean {
    if (this.#state === 'half-open' && this.#circuit.pendingClose) return true;
    if (this.#waitMs() > 0) return false;
    this.#halfOpen();
    return true;
  }

  #waitMs(): number {
    return Math.max(0, this.#sinceMs + this.#openMs - this.clock.now());
  }

  #halfOpen(): void {
    this.#circuit.shutdown(); // replies still on their way to it reach nobody
    this.#circuit = this.#newCircuit('half-open');
    this.#sinceMs = this.clock.now();
    this.#become('half-open');
  }

  #reject(): CircuitOpen {
    this.#count('rejected');
    return new CircuitOpen(this.name, Math.max(1, Math.ceil(this.#waitMs())));
  }

  #newCircuit(state: 'closed' | 'half-open'): Circuit {
    const rotation = new EventEmitter();
    const options: Opossum.Options<[Call]> & { state?: object } = {
      name: this.name,
      timeout: false,
      resetTimeout: NEVER_MS,
      errorThresholdPercentage: this.#options.failureRatio * 100,
      volumeThreshold: this.#options.volumeThreshold,
      rollingCountTimeout: this.#options.windowMs,
      rollingCountBuckets: BUCKETS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: rotation,
      errorFilter: (error: unknown) => this.#judge(circuit, error),
      ...(state === 'half-open' && { state: { enabled: true, closed: false, halfOpen: true } }),
    };
    const circuit: Circuit = new Opossum((call: Call) => call(), options);
    circuit.on('success', (answer) => {
      if (answer !== this.#givenUp) this.#count('successes');
    });
    circuit.on('open', () => this.#opened());
    circuit.on('close', () => this.#become('closed'));
    this.#rotation = rotation;
    this.#bucketEndsMs = this.clock.now() + this.#bucketMs;
    return circuit;
  }

  /** Whether opossum takes what a call threw for a success; it asks once per call. */
  #judge(circuit: Circuit, error: unknown): boolean {
    const outcome = this.classify(error);
    if (outcome === 'cancelled') {
      this.#count('cancelled');
      this.#givenUp = error;
      this.#forget(circuit);
      return true;
    }
    if (!isHealthy(outcome)) this.#count('failures');
    return isHealthy(outcome);
  }

  /** A trial that was given up showed nothing: the next call is the trial. */
  #forget(circuit: Circuit): void {
    if (circuit !== this.#circuit || this.#state !== 'half-open') return;
    circuit.shutdown();
    this.#circuit = this.#newCircuit('half-open');
  }

  #opened(): void {
    this.#sinceMs = this.clock.now();
    this.#become('open');
  }

  /** Moves opossum's window on to now. */
  #rotate(): void {
    const nowMs = this.clock.now();
    for (let passed = 0; nowMs >= this.#bucketEndsMs && passed < BUCKETS; passed++) {
      this.#rotation.emit('rotate');
      this.#bucketEndsMs += this.#bucketMs;
    }
    if (nowMs >= this.#bucketEndsMs) this.#bucketEndsMs = nowMs + this.#bucketMs;
  }

  #become(state: CircuitState): void {
    const from = this.#state;
    this.#state = state;
    if (from !== state) publish(() => ({ type: 'breaker_state', name: this.name, from, state }));
  }

  #count(what: 'successes' | 'failures' | 'rejected' | 'cancelled'): void {
    this.#stats[what]++;
    publish(() => ({ type: 'breaker_call', name: this.name, result: RESULTS[what] }));
  }
}

const RESULTS = { successes: 'success', failures: 'failure', rejected: 'rejected', cancelled: 'cancelled' } as const;
