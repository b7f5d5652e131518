import { systemClock, type Clock, type Random } from './clock';
import { publish } from './events';
import type { Outcome } from './outcome';

export interface EjectionOptions {
  /** Failures in a row after which an address is left out; default 5. */
  readonly consecutiveFailures?: number;
  /** For how long the first time; the second time twice as long, and so on; default 5,000 ms. */
  readonly baseMs?: number;
  /** The longest; default 60,000 ms. */
  readonly maxMs?: number;
  /** Share of the addresses that may be out at once, 0..1; one may always be, all never; default 0.5. */
  readonly maxShare?: number;
}

export interface BalancerOptions {
  readonly addresses: readonly string[];
  /** `false` where something else ejects (a mesh does); default on. */
  readonly ejection?: EjectionOptions | false;
  /** `in-turn` looks at nothing; default the one with the fewest calls in flight. */
  readonly order?: 'least-requests' | 'in-turn';
}

/** A place in flight at `address`; `done` gives it back and must be called exactly once. */
export interface Lease {
  readonly address: string;
  done(outcome: Outcome): void;
}

interface Member {
  readonly address: string;
  inFlight: number;
  failuresInRow: number;
  /** Grows with each ejection, shrinks with each whole base time in service. */
  ejections: number;
  /** End of the present ejection; 0 when in service. */
  outUntilMs: number;
  returnedAtMs: number;
}

/**
 * Picks an address with the fewest requests in flight, at random among equals. An address that cannot be reached or
 * answers like a broken gateway several times in a row is left out for a while, or until it has answered; never all.
 * A call that has failed at all the others tries it: two replicas that are restarted one after the other lose nothing.
 * @see Mitzenmacher, "The Power of Two Choices", 2001; Envoy, "Outlier detection" (consecutive gateway failure, base
 *  ejection time times the number of ejections). Differs: lists are short, so all are compared and not two; one that
 *  comes back is on probation, its first failure ejects it again, because otherwise each return costs five requests.
 */
export class Balancer {
  readonly #members: readonly Member[];
  readonly #ejection: Required<EjectionOptions> | undefined;
  readonly #maxOut: number;
  readonly #inTurn: boolean;
  #turn = 0;

  constructor(
    readonly name: string,
    options: BalancerOptions,
    private readonly clock: Clock = systemClock,
    private readonly random: Random = Math.random,
  ) {
    const addresses = [...new Set(options.addresses)];
    if (addresses.length === 0) throw new RangeError(`${name} has no address`);
    const fresh = { inFlight: 0, failuresInRow: 0, ejections: 0, outUntilMs: 0, returnedAtMs: 0 };
    this.#members = addresses.map((address) => ({ address, ...fresh }));
    const { ejection = {} } = options;
    this.#inTurn = options.order === 'in-turn';
    this.#ejection = ejection
      ? { consecutiveFailures: 5, baseMs: 5_000, maxMs: 60_000, maxShare: 0.5, ...ejection }
      : undefined;
    const share = Math.floor(addresses.length * (this.#ejection?.maxShare ?? 0));
    this.#maxOut = Math.min(addresses.length - 1, Math.max(1, share));
  }

  /** The addresses that are in service now: never none. */
  inService(): string[] {
    this.#takeBack();
    return this.#members.filter((member) => member.outUntilMs === 0).map((member) => member.address);
  }

  /** Whether an address is in service that is none of `tried`. */
  hasOther(tried: ReadonlySet<string>): boolean {
    return this.inService().some((address) => !tried.has(address));
  }

  /** An address for one attempt, if possible none of `tried`. */
  pick(tried?: ReadonlySet<string>): Lease {
    this.#takeBack();
    const member =
      (this.#inTurn ? this.#members[this.#turn++ % this.#members.length] : undefined) ??
      this.#least((one) => one.outUntilMs === 0 && !tried?.has(one.address)) ??
      this.#least((one) => !tried?.has(one.address)) ?? // this call's own failures last
      this.#least((one) => one.outUntilMs === 0) ??
      (this.#members[0] as Member);
    member.inFlight++;
    return { address: member.address, done: (outcome) => this.#done(member, outcome) };
  }

  /** Reservoir sampling among the least loaded: one pass, no array. */
  #least(eligible: (member: Member) => boolean): Member | undefined {
    let best: Member | undefined;
    let equals = 0;
    for (const member of this.#members) {
      if (!eligible(member) || (best && member.inFlight > best.inFlight)) continue;
      equals = best && member.inFlight === best.inFlight ? equals + 1 : 1;
      if (equals === 1 || this.random() * equals < 1) best = member;
    }
    return best;
  }

  #done(member: Member, outcome: Outcome): void {
    member.inFlight--;
    switch (outcome) {
      case 'success':
      case 'refused':
      case 'throttled':
        member.failuresInRow = 0;
        if (member.outUntilMs > 0) this.#return(member, this.clock.now());
        return;
      case 'not_sent':
      case 'unknown':
      case 'unavailable':
        member.failuresInRow++;
        return this.#judge(member);
      case 'failed': // an application's 500 is the same on every replica: it says nothing about this one
      case 'cancelled':
        return;
    }
  }

  #judge(member: Member): void {
    const rule = this.#ejection;
    if (!rule || member.outUntilMs > 0 || member.failuresInRow < rule.consecutiveFailures) return;
    this.#takeBack();
    if (this.#members.filter((one) => one.outUntilMs > 0).length >= this.#maxOut) return;
    const nowMs = this.clock.now();
    const calmPeriods = Math.floor((nowMs - member.returnedAtMs) / rule.baseMs);
    member.ejections = Math.max(0, member.ejections - calmPeriods) + 1;
    const forMs = Math.min(rule.maxMs, rule.baseMs * member.ejections);
    member.outUntilMs = nowMs + forMs;
    publish(() => ({ type: 'ejected', name: this.name, address: member.address, forMs }));
  }

  #takeBack(): void {
    const nowMs = this.clock.now();
    for (const member of this.#members) {
      if (member.outUntilMs === 0 || nowMs < member.outUntilMs) continue;
      member.failuresInRow = (this.#ejection?.consecutiveFailures ?? 1) - 1;
      this.#return(member, nowMs);
    }
  }

  #return(member: Member, nowMs: number): void {
    member.outUntilMs = 0;
    member.returnedAtMs = nowMs;
    publish(() => ({ type: 'returned', name: this.name, address: member.address }));
  }
}
