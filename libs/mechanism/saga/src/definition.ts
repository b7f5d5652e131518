import type { Tx } from '@stampede/db';

/**
 * What a verb of a step is called with. Verbs may be called again, by another replica, at any time: make remote calls
 * with a key.
 */
export interface StepContext<State> {
  readonly id: string;
  readonly state: Readonly<State>;
  /** From 1; counts the attempts at this step, lost ones too. */
  readonly attempt: number;
  /** Aborts when the lease is lost or the attempt takes too long: pass it to every remote call. */
  readonly signal: AbortSignal;
  /**
   * Until the saga's deadline, ms; not above zero once it has passed (a compensation, a question, a step after the
   * pivot).
   */
  readonly remainingMs: number;
  /** Why the saga turned back; only in a compensation. */
  readonly failure?: Failure;
}

export interface StepResult<State> {
  /**
   * Runs in the transaction that moves the saga on: its rows are there if and only if the step counts as done. No
   * remote calls.
   */
  commit?(tx: Tx): Promise<void>;
  /** Merged into the state; what the next steps and the compensations need. */
  readonly state?: Partial<State>;
}

// oxlint-disable-next-line no-invalid-void-type -- a step with nothing to store returns nothing
type Outcome<State> = Promise<StepResult<State> | void>;

export interface StepVerbs<State> {
  /**
   * Does the step; safe to repeat. @throws Rejected: it has not happened and never will; UnknownOutcome: it may have
   * happened; anything else: try again after a while.
   */
  run(context: StepContext<State>): Outcome<State>;
  /** Undoes what the step may have done, or finds that there is nothing to undo. Repeated until it succeeds. */
  compensate?(context: StepContext<State>): Outcome<State>;
  /**
   * Asks whether the step has happened; called before it is retried or given up whenever that is not known. Returns
   * the step's result, or `notHappened` if it has not and cannot any more by the attempts so far. @throws Rejected:
   * it never will; anything else: still unknown, asked again, for ever.
   */
  onUnknown?(context: StepContext<State>): Promise<StepResult<State> | typeof notHappened>;
  /** Once this step is done the saga only goes forward. At most one. */
  readonly pivot?: boolean;
}

export interface Step<State> extends StepVerbs<State> {
  readonly name: string;
}

export interface SagaDefinition<State> {
  readonly name: string;
  readonly steps: readonly Step<State>[];
  /** Index of the pivot, or of the last step. */
  readonly pivot: number;
}

/** Why a saga turned back. */
export interface Failure {
  readonly step: string;
  readonly code: string;
  readonly detail: string;
}

/** The answer of `onUnknown`: none of the attempts so far has had an effect, nor will have. */
export const notHappened = Symbol('not happened');

/** The step was refused for good. The saga compensates what was done before it. */
export class Rejected extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

/** A step may have happened: a reply was lost or came too late. Never treat it as failed. */
export class UnknownOutcome extends Error {
  readonly code = 'unknown_outcome';
}

export function step<State>(name: string, verbs: StepVerbs<State>): Step<State> {
  return { name, ...verbs };
}

/**
 * Steps in the order they run; compensations run in reverse. @throws TypeError for a definition that could not keep
 * its promises
 */
export function saga<State>(name: string, steps: readonly Step<State>[]): SagaDefinition<State> {
  const names = new Set(steps.map((each) => each.name));
  if (steps.length === 0 || names.size < steps.length) {
    throw new TypeError(`saga ${name}: steps need names of their own, and there must be one`);
  }
  const pivots = steps.filter((each) => each.pivot);
  const pivot = pivots[0] ? steps.indexOf(pivots[0]) : steps.length - 1;
  if (pivots.length > 1) {
    throw new TypeError(`saga ${name}: one pivot at most`);
  }
  const late = steps.find((each, index) => index > pivot && each.compensate);
  if (late) {
    throw new TypeError(`saga ${name}: ${late.name} comes after the pivot, it would never be compensated`);
  }
  return { name, steps, pivot };
}
