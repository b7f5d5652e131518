import { startAttempt } from './attempt';
import { Balancer, type BalancerOptions } from './balancer';
import type { Budget } from './budget';
import { Bulkhead, type BulkheadOptions } from './bulkhead';
import { CircuitBreaker, type CircuitBreakerOptions, type CircuitStats } from './circuit-breaker';
import { systemClock, type Clock, type Random } from './clock';
import { BudgetSpent, isRefusal, UnknownOutcome } from './errors';
import { publish } from './events';
import { Hedge, type HedgeOptions, type Running } from './hedge';
import type { LoadShedder, Priority } from './load-shedder';
import { outcomeOf, type Classify } from './outcome';
import { retry, type RetryOptions } from './retry';
import { RetryBudget, type RetryBudgetOptions } from './retry-budget';

/** One policy per dependency; every part is optional, and what is left out costs nothing. */
export interface PolicyOptions {
  /** The dependency's name, in errors and events. */
  readonly name: string;
  readonly shed?: LoadShedder;
  /** Its own, or one that it shares with others. */
  readonly bulkhead?: BulkheadOptions | Bulkhead;
  readonly breaker?: CircuitBreakerOptions;
  /** Left out: one attempt. */
  readonly retry?: RetryOptions & RetryBudgetOptions;
  /** Left out: never two attempts at once. */
  readonly hedge?: HedgeOptions;
  readonly balancer?: BalancerOptions;
  /** The longest that one attempt may take; default as long as the budget. */
  readonly timeoutMs?: number;
  /** Tells how an attempt ended from what it threw; `outcomeOf` by default. */
  readonly classify?: Classify;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What is particular to one call. */
export interface PolicyCall {
  /** HTTP method. GET and HEAD may be hedged; PUT and DELETE may be repeated as well; default POST. */
  readonly method?: string;
  /** True where repeating does no harm although the method says so of itself: a POST with its idempotency key. */
  readonly idempotent?: boolean;
  readonly budget?: Budget;
  /** Default `normal`. */
  readonly priority?: Priority;
  /** As the policy's `timeoutMs`, for this call. */
  readonly timeoutMs?: number;
  /** `false`: a call that waits on purpose (a long poll) takes no place from those that work. */
  readonly bulkhead?: false;
}

/** Sends one request and reads its answer; it must stop when `signal` aborts. `attemptNumber` counts from 1. */
export type Attempt<T, Address> = (signal: AbortSignal, attemptNumber: number, address: Address) => Promise<T>;

export interface PolicyStats {
  readonly inFlight: number;
  readonly queued: number;
  readonly circuit: CircuitStats | undefined;
  readonly inService: readonly string[];
}

export interface Policy<Address> {
  readonly name: string;
  /**
   * Runs `attempt` under every part of the policy. @throws budget_spent, overloaded, unavailable: it was not sent.
   * @throws outcome_unknown: it may have been done. Anything else is what the last attempt threw.
   */
  run<T>(call: PolicyCall, attempt: Attempt<T, Address>): Promise<T>;
  stats(): PolicyStats;
}

const HEDGED = new Set(['GET', 'HEAD']);
/** RFC 9110, 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/**
 * Puts the parts around a call in one fixed order: budget > shed > bulkhead > breaker > retry > attempt. So a call that
 * is refused takes no place, a call that waits in a queue is none of the breaker's, a call counts once for the breaker
 * however often it is retried, and no retry outlives the budget. Hedging belongs to the attempt.
 */
export function policy(options: PolicyOptions & { readonly balancer: BalancerOptions }): Policy<string>;
export function policy(options: PolicyOptions): Policy<undefined>;
export function policy(options: PolicyOptions): Policy<string> | Policy<undefined> {
  return new Composed(options) as Policy<string> | Policy<undefined>;
}

class Composed implements Policy<string | undefined> {
  readonly name: string;
  readonly #bulkhead: Bulkhead | undefined;
  readonly #breaker: CircuitBreaker | undefined;
  readonly #retryBudget: RetryBudget | undefined;
  readonly #hedge: Hedge | undefined;
  readonly #balancer: Balancer | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #classify: Classify;

  constructor(private readonly options: PolicyOptions) {
    const { name, bulkhead, breaker, hedge, balancer, clock = systemClock, random = Math.random } = options;
    const classify = options.classify ?? outcomeOf;
    this.name = name;
    this.#clock = clock;
    this.#random = random;
    this.#classify = (error) => (isRefusal(error) || error instanceof UnknownOutcome ? outcomeOf : classify)(error);
    this.#retryBudget = options.retry || hedge ? new RetryBudget(options.retry, clock) : undefined;
    this.#bulkhead = bulkhead instanceof Bulkhead ? bulkhead : bulkhead && new Bulkhead(name, bulkhead, clock);
    this.#breaker = breaker && new CircuitBreaker(name, breaker, clock, this.#classify);
    this.#hedge = hedge && new Hedge(name, hedge, this.#retryBudget, clock, this.#classify);
    this.#balancer = balancer && new Balancer(name, balancer, clock, random);
  }

  async run<T>(call: PolicyCall, attempt: Attempt<T, string | undefined>): Promise<T> {
    const { shed } = this.options;
    try {
      if (call.budget?.spent) throw new BudgetSpent();
      return await (shed
        ? shed.run(call.priority ?? 'normal', () => this.#held(call, attempt))
        : this.#held(call, attempt));
    } catch (error) {
      if (error instanceof BudgetSpent) publish(() => ({ type: 'budget_spent', name: this.name }));
      if (error instanceof UnknownOutcome) {
        publish(() => ({ type: 'unknown_outcome', name: this.name, reason: error.reason }));
      }
      throw error;
    }
  }

  stats(): PolicyStats {
    return {
      inFlight: this.#bulkhead?.inFlight ?? 0,
      queued: this.#bulkhead?.queued ?? 0,
      circuit: this.#breaker?.stats(),
      inService: this.#balancer?.inService() ?? [],
    };
  }

  #held<T>(call: PolicyCall, attempt: Attempt<T, string | undefined>): Promise<T> {
    const guarded = (): Promise<T> =>
      this.#breaker ? this.#breaker.run(() => this.#tries(call, attempt)) : this.#tries(call, attempt);
    return this.#bulkhead && call.bulkhead !== false ? this.#bulkhead.run(guarded, call.budget) : guarded();
  }

  #tries<T>(call: PolicyCall, attempt: Attempt<T, string | undefined>): Promise<T> {
    const method = call.method ?? 'POST';
    const hedge = HEDGED.has(method) ? this.#hedge : undefined;
    const tried = new Set<string>();
    let started = 0;
    const start = (): Running<T> => {
      const attemptNumber = ++started;
      return startAttempt((signal, address) => attempt(signal, attemptNumber, address), {
        clock: this.#clock,
        classify: this.#classify,
        balancer: this.#balancer,
        tried,
        timeoutMs: this.#timeoutMs(call),
        caller: call.budget?.caller,
      });
    };
    this.#retryBudget?.request();
    return retry(
      async () => {
        call.budget?.ensure();
        return hedge ? hedge.run(start) : start().result;
      },
      this.options.retry ?? ONE_ATTEMPT,
      {
        name: this.name,
        idempotent: call.idempotent ?? IDEMPOTENT.has(method),
        budget: call.budget,
        retryBudget: this.#retryBudget,
        elsewhere: () => this.#balancer?.hasOther(tried) === true,
        classify: this.#classify,
        clock: this.#clock,
        random: this.#random,
      },
    );
  }

  #timeoutMs(call: PolicyCall): number {
    const atMost = call.timeoutMs ?? this.options.timeoutMs ?? Infinity;
    return call.budget ? call.budget.remainingMs({ atMost }) : atMost;
  }
}

const ONE_ATTEMPT: RetryOptions = { maxAttempts: 1 };
