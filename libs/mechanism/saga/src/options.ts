import type { Tx } from '@stampede/db';
import type { Backoff } from './backoff';
import type { Failure } from './definition';

/** A change of a saga's position, as the one who owns the domain may want to record it. */
export interface SagaMove<State> {
  readonly id: string;
  readonly state: Readonly<State>;
  readonly step: string;
  /**
   * `unknown` comes when a reply is lost, before `done` or `not-happened`; `rejected` and `timed-out` turn the saga
   * back.
   */
  readonly outcome: 'done' | 'rejected' | 'unknown' | 'not-happened' | 'timed-out' | 'compensated';
  readonly failure?: Failure;
}

export interface FinishedSaga<State> {
  readonly id: string;
  /** With what `forget` names. */
  readonly state: Readonly<State>;
  readonly outcome: 'completed' | 'compensated';
  readonly failure?: Failure;
}

export interface SagaRunnerOptions<State> {
  /** Unique per process; shown in the row, for people. */
  readonly workerId: string;
  /** From the start; what a passed deadline does is said at `SagaRunner`. */
  readonly deadlineMs: number;
  /** How long a lost worker's sagas wait for another, at most; renewed three times in that span. Default 3,000. */
  readonly leaseMs?: number;
  /** How long a saga waits whose kick was lost. Default 500. */
  readonly pollMs?: number;
  /** Sagas driven at the same time by this process; may be asked before each. Default 32. */
  readonly concurrency?: number | (() => number);
  /** The longest one call of a verb may take; then its outcome is unknown. Default 15,000. */
  readonly stepTimeoutMs?: number;
  /** Default 100 ms, doubling to 5,000 ms. */
  readonly backoff?: Backoff;
  /** Keys of the state that are erased when the saga finishes: secrets it needs no more. */
  readonly forget?: readonly (keyof State & string)[];
  /**
   * Default true. False, in a lab: only sagas that were started after this runner was made, and that no lost worker
   * holds, as if a saga lived in the memory of its process.
   */
  readonly resume?: boolean;
  /** In the transaction of each move. No remote calls. */
  onMove?(tx: Tx, move: SagaMove<State>): Promise<void>;
  /** In the transaction that finishes the saga, after `onMove`. */
  onFinished?(tx: Tx, finished: FinishedSaga<State>): Promise<void>;
  /** Tests only: a clock of theirs instead of the database's. */
  readonly clock?: () => Date;
  /** Tests only: 0 <= random() < 1. */
  readonly random?: () => number;
  /**
   * Tests only: called at every point where a crash makes a difference, `<step>:<verb>:<moment>`. When it throws, the
   * runner is dead: it does not clean up, and does nothing more.
   */
  crashPoint?(point: string): void | Promise<void>;
}
