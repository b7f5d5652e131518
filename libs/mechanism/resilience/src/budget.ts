import { systemClock, type Clock } from './clock';
import { BudgetSpent, UnknownOutcome } from './errors';

/** Carries what is left of a request's budget to the next hop, in whole milliseconds. */
export const budgetHeader = 'x-budget-ms';

/** How a budget is told to the next hop. */
export interface BudgetWire {
  write(remainingMs: number): string;
  /** Undefined for what it cannot read. */
  read(value: string): number | undefined;
}

/** What is left, so that the clocks of two machines are never compared. */
export const restOnTheWire: BudgetWire = {
  write: (remainingMs) => String(Math.floor(remainingMs)),
  read: (value) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined),
};

/** For the control of a claim: the instant of the end, which a machine with another time misreads. */
export const instantOnTheWire: BudgetWire = {
  write: (remainingMs) => String(Math.floor(Date.now() + remainingMs)),
  read: (value) => (/^\d{13}$/.test(value) ? Number(value) - Date.now() : undefined),
};

let wire = restOnTheWire;

/** For every budget of this process. Call it at boot, or not at all. */
export function carryBudgetsAs(chosen: BudgetWire): void {
  wire = chosen;
}

/** No request of the shop may take longer; a header that asks for more is cut. */
const MAX_BUDGET_MS = 60_000;

export interface BudgetOptions {
  readonly clock?: Clock;
  /** Aborts when whoever asked is gone: then the work is worth nothing, however much time is left. */
  readonly caller?: AbortSignal;
}

/**
 * What is left of the time that a request may take. It only shrinks, over hops as well: `toHeader` never promises
 * more than is left. Clocks of two machines are never compared, because the header carries a rest and not an instant.
 * @see gRPC, Deadlines ("deadline propagation"); Google SRE book, ch. 22, "Latency and Deadlines".
 */
export class Budget {
  #signal: AbortSignal | undefined;
  #cancelTimer: (() => void) | undefined;

  private constructor(
    readonly endsAtMs: number,
    readonly caller: AbortSignal | undefined,
    private readonly clock: Clock,
  ) {}

  /** A budget of `ms` from now, cut to 0..60,000. */
  static ofMs(ms: number, { clock = systemClock, caller }: BudgetOptions = {}): Budget {
    return new Budget(clock.now() + Math.min(Math.max(ms, 0), MAX_BUDGET_MS), caller, clock);
  }

  /** Takes over what the caller left; `defaultMs` where there is no header or none that can be read. */
  static fromHeader(value: string | readonly string[] | undefined, defaultMs: number, options?: BudgetOptions): Budget {
    const single = typeof value === 'string' ? value : value?.[0];
    return Budget.ofMs((single === undefined ? undefined : wire.read(single)) ?? defaultMs, options);
  }

  /** Milliseconds left, 0 when spent, never more than `atMost`. */
  remainingMs({ atMost = Infinity }: { atMost?: number } = {}): number {
    return Math.min(Math.max(0, this.endsAtMs - this.clock.now()), atMost);
  }

  /** True once nothing is left or the caller is gone: work for this request is to be dropped, not done. */
  get spent(): boolean {
    return this.caller?.aborted === true || this.remainingMs() === 0;
  }

  /** @throws budget_spent when nothing is left or the caller is gone. */
  ensure(): void {
    if (this.spent) throw new BudgetSpent();
  }

  /**
   * Aborts with `BudgetSpent` when the time is up, or with an `UnknownOutcome` when the caller is gone. Reading it
   * sets a timer, which never keeps the process alive; `release` ends it early.
   */
  get signal(): AbortSignal {
    this.#signal ??= this.#watch();
    return this.#signal;
  }

  /** Ends the timer behind `signal`: call it when the request has its answer. */
  release(): void {
    this.#cancelTimer?.();
  }

  /** The header's value for the next hop. */
  toHeader(): string {
    return wire.write(this.remainingMs());
  }

  /** The same budget ending `byMs` earlier: a hop keeps that much for its own work after the answer has come. */
  shorten(byMs: number): Budget {
    return new Budget(this.endsAtMs - Math.max(0, byMs), this.caller, this.clock);
  }

  #watch(): AbortSignal {
    const controller = new AbortController();
    const onGone = (): void => {
      this.release();
      controller.abort(new UnknownOutcome('cancelled', { cause: this.caller?.reason }));
    };
    this.#cancelTimer = this.clock.after(
      this.remainingMs(),
      () => {
        this.caller?.removeEventListener('abort', onGone);
        controller.abort(new BudgetSpent());
      },
      true,
    );
    if (this.caller?.aborted) onGone();
    else this.caller?.addEventListener('abort', onGone, { once: true });
    return controller.signal;
  }
}
