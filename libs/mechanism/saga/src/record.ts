import type { Tx } from '@stampede/db';
import { backoffMs } from './backoff';
import type { Failure, Step, StepResult } from './definition';
import { tell } from './events';
import { LeaseLost } from './leases';
import { canTurnBack } from './next-move';
import type { SagaMove } from './options';
import type { Direction, Doubt, Position, SagaRow } from './saga.store';
import { type Workshop, throwIfOver } from './workshop';

export type Verb = 'run' | 'ask' | 'compensate' | 'turn-back';

/** One move: where the saga goes (null: it ends), what is said about it, what commits with it. */
export interface Change<State> {
  readonly verb: Verb;
  readonly to: Position | null;
  readonly outcome: SagaMove<State>['outcome'];
  readonly result: StepResult<State>;
  readonly failure: Failure | null;
  /** What is known of the present step if this move cannot be stored. */
  readonly doubtIfLost: Doubt;
}

/**
 * Stores the moves of sagas. Every write is fenced by the lease, so that of two workers only the one that holds it
 * writes.
 */
export class SagaRecorder<State> {
  constructor(private readonly shop: Workshop<State>) {}

  /**
   * Moves the saga on in one transaction with its domain's rows. Null: it is finished, or paused since the store
   * failed.
   */
  async record(row: SagaRow<State>, change: Change<State>): Promise<SagaRow<State> | null> {
    const name = this.shop.definition.name;
    let moved: SagaRow<State> | null;
    try {
      await this.shop.point(`${row.step}:${change.verb}:unstored`);
      moved = await this.store(row, change);
    } catch (error) {
      throwIfOver(error);
      tell({ saga: name, kind: 'store-failed', error });
      return this.pause(row, change.doubtIfLost, error);
    }
    await this.shop.point(`${row.step}:${change.verb}:stored`);
    tell({ saga: name, kind: change.outcome, step: row.step });
    if (!change.to) {
      tell({ saga: name, kind: 'finished', outcome: endOf(change) });
    }
    return moved;
  }

  /** Lets go of the saga until its backoff is over; before the pivot, not beyond the deadline. Always null. */
  async pause(row: SagaRow<State>, doubt: Doubt, error: unknown, attempts = row.attempts + 1): Promise<null> {
    const { backoff, definition, options, store, database } = this.shop;
    const worst: Doubt = row.doubt === 'unknown' && doubt === 'failed' ? 'unknown' : doubt;
    const waitMs = backoffMs(backoff, attempts, error, options.random ?? Math.random);
    const delayMs = this.endsAtDeadline(row, worst) ? Math.min(waitMs, Math.max(row.remainingMs, 0)) : waitMs;
    await this.shop.point(`${row.step}:pause:unstored`);
    if (!(await store.defer(database.kysely, { ...row, doubt: worst, attempts }, delayMs))) {
      throw new LeaseLost(`lost the lease of saga ${row.id}`);
    }
    await this.shop.point(`${row.step}:pause:stored`);
    tell({ saga: definition.name, kind: 'failed', step: row.step, attempt: attempts, retryInMs: delayMs, error });
    this.shop.wakeIn(delayMs);
    return null;
  }

  private endsAtDeadline(row: SagaRow<State>, doubt: Doubt): boolean {
    const step = this.shop.definition.steps.find((each) => each.name === row.step);
    return row.direction === 'forward' && doubt !== 'unknown' && !!step && canTurnBack(this.shop.definition, step);
  }

  private async store(row: SagaRow<State>, change: Change<State>): Promise<SagaRow<State> | null> {
    const { database, options } = this.shop;
    if (!change.result.commit && !options.onMove && (change.to || !options.onFinished)) {
      return this.write(database.kysely, row, change); // one statement is a transaction by itself
    }
    return database.transaction(async (tx) => {
      // First, because it locks the row: a worker without the lease goes no further.
      const moved = await this.write(tx, row, change);
      await change.result.commit?.(tx);
      await this.tellDomain(tx, row, change);
      await this.shop.point(`${row.step}:${change.verb}:uncommitted`);
      return moved;
    });
  }

  /** @throws LeaseLost */
  private async write(
    connection: Tx | Workshop<State>['database']['kysely'],
    row: SagaRow<State>,
    change: Change<State>,
  ) {
    const { store, options, leaseMs } = this.shop;
    const patch = change.result.state ?? {};
    const end = { outcome: endOf(change), failure: change.failure, patch, forget: options.forget ?? [] };
    const moved = change.to
      ? await store.move(connection, row, change.to, patch, leaseMs)
      : await store.finish(connection, row, end);
    if (!moved) {
      throw new LeaseLost(`lost the lease of saga ${row.id}`);
    }
    return moved === true ? null : moved;
  }

  private async tellDomain(tx: Tx, row: SagaRow<State>, change: Change<State>): Promise<void> {
    const { options } = this.shop;
    const state: State = { ...row.state, ...change.result.state };
    const failure = change.failure ? { failure: change.failure } : {};
    await options.onMove?.(tx, { id: row.id, state, step: row.step, outcome: change.outcome, ...failure });
    if (!change.to) {
      await options.onFinished?.(tx, { id: row.id, state, outcome: endOf(change), ...failure });
    }
  }
}

/** At the beginning of a step: nothing is known of it but that it may run from now on. */
export function enter<State>(step: Step<State>, direction: Direction, failure: Failure | null): Position {
  return { step: step.name, direction, doubt: 'none', attempts: 0, failure };
}

/** At the same step as before, with something learnt about it. */
export function stay<State>(row: SagaRow<State>, learnt: Partial<Pick<Position, 'doubt' | 'attempts'>>): Position {
  const { step, direction, doubt, attempts, failure } = row;
  return { step, direction, doubt, attempts, failure, ...learnt };
}

function endOf<State>(change: Change<State>): 'completed' | 'compensated' {
  return change.failure ? 'compensated' : 'completed';
}
