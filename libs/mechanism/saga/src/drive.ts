import { callVerb } from './call';
import {
  type Failure,
  Rejected,
  type Step,
  type StepContext,
  type StepResult,
  UnknownOutcome,
  notHappened,
} from './definition';
import { type Lease, LeaseLost } from './leases';
import { canTurnBack, firstCompensation, nextCompensation, nextMove } from './next-move';
import { SagaRecorder, type Verb, enter, stay } from './record';
import type { SagaRow } from './saga.store';
import { inSpan } from './trace';
import { type Workshop, throwIfOver } from './workshop';

/** Takes one leased saga as far as it will go now: to its end, to a retry later, or to the loss of the lease. */
export class SagaDrive<State> {
  private readonly recorder: SagaRecorder<State>;

  constructor(
    private readonly shop: Workshop<State>,
    private readonly lease: Lease,
  ) {
    this.recorder = new SagaRecorder(shop);
  }

  /** @throws LeaseLost, Abandoned */
  async drive(row: SagaRow<State>): Promise<void> {
    const { store, database, definition } = this.shop;
    let current: SagaRow<State> | null = row;
    while (current) {
      if (!this.lease.held) {
        throw new LeaseLost(`lost the lease of saga ${row.id}`);
      }
      if (this.shop.stopping()) {
        await store.defer(database.kysely, current, 0);
        return;
      }
      const from: SagaRow<State> = current;
      current = await inSpan(from.traceparent, `${definition.name} ${from.step}`, () => this.move(from));
    }
  }

  private async move(row: SagaRow<State>): Promise<SagaRow<State> | null> {
    const move = nextMove(this.shop.definition, row);
    switch (move.do) {
      case 'run':
        return this.run(row, move.step);
      case 'ask':
        return this.ask(row, move.step, move.question);
      case 'compensate':
        return this.compensate(row, move.step);
      case 'turn-back':
        return this.turnBack(row, move.failure, 'timed-out');
    }
  }

  private async run(row: SagaRow<State>, step: Step<State>): Promise<SagaRow<State> | null> {
    let result: StepResult<State> | void;
    try {
      result = await this.call('run', row, (context) => step.run(context));
    } catch (error) {
      throwIfOver(error);
      if (error instanceof Rejected && canTurnBack(this.shop.definition, step)) {
        return this.turnBack(row, failureOf(step, error), 'rejected');
      }
      return error instanceof UnknownOutcome
        ? this.unknown(row, step, error)
        : this.recorder.pause(row, 'failed', error);
    }
    return this.advance('run', row, step, result ?? {});
  }

  /** Asked at once where that is possible: most lost replies are lost on the way back, and the other side knows. */
  private async unknown(row: SagaRow<State>, step: Step<State>, error: UnknownOutcome): Promise<SagaRow<State> | null> {
    if (!step.onUnknown) {
      return this.recorder.pause(row, 'unknown', error);
    }
    const to = stay(row, { doubt: 'unknown', attempts: row.attempts + 1 });
    return this.recorder.record(row, {
      verb: 'run',
      to,
      outcome: 'unknown',
      result: {},
      failure: null,
      doubtIfLost: 'unknown',
    });
  }

  private async ask(
    row: SagaRow<State>,
    step: Step<State>,
    question: NonNullable<Step<State>['onUnknown']>,
  ): Promise<SagaRow<State> | null> {
    let answer: StepResult<State> | typeof notHappened;
    try {
      answer = await this.call('ask', row, question);
    } catch (error) {
      throwIfOver(error);
      if (error instanceof Rejected && canTurnBack(this.shop.definition, step)) {
        return this.turnBack({ ...row, doubt: 'none' }, failureOf(step, error), 'rejected');
      }
      return this.recorder.pause(row, 'unknown', error);
    }
    if (answer !== notHappened) {
      return this.advance('ask', row, step, answer);
    }
    const to = stay(row, { doubt: 'none' });
    const change = { to, outcome: 'not-happened', result: {}, failure: null, doubtIfLost: 'unknown' } as const;
    const known = await this.recorder.record(row, { verb: 'ask', ...change });
    // Again, but not at once: a step whose replies are always lost would spin. A passed deadline needs no second try.
    return known && known.remainingMs > 0 ? this.recorder.pause(known, 'none', null, known.attempts) : known;
  }

  private async compensate(row: SagaRow<State>, step: Step<State>): Promise<SagaRow<State> | null> {
    let result: StepResult<State> | void;
    try {
      result = await this.call('compensate', row, async (context) => step.compensate?.(context));
    } catch (error) {
      throwIfOver(error);
      return this.recorder.pause(row, 'none', error);
    }
    const next = nextCompensation(this.shop.definition, step);
    const to = next && enter(next, 'backward', row.failure);
    const change = {
      to,
      outcome: 'compensated',
      result: result ?? {},
      failure: row.failure,
      doubtIfLost: 'none',
    } as const;
    return this.recorder.record(row, { verb: 'compensate', ...change });
  }

  private advance(
    verb: Verb,
    row: SagaRow<State>,
    step: Step<State>,
    result: StepResult<State>,
  ): Promise<SagaRow<State> | null> {
    const { steps } = this.shop.definition;
    const next = steps[steps.indexOf(step) + 1];
    const to = next ? enter(next, 'forward', null) : null;
    return this.recorder.record(row, { verb, to, outcome: 'done', result, failure: null, doubtIfLost: 'unknown' });
  }

  private turnBack(
    row: SagaRow<State>,
    failure: Failure,
    outcome: 'rejected' | 'timed-out',
  ): Promise<SagaRow<State> | null> {
    const first = firstCompensation(this.shop.definition, row);
    const to = first && enter(first, 'backward', failure);
    return this.recorder.record(row, { verb: 'turn-back', to, outcome, result: {}, failure, doubtIfLost: row.doubt });
  }

  private async call<T>(verb: Verb, row: SagaRow<State>, act: (context: StepContext<State>) => Promise<T>): Promise<T> {
    await this.shop.point(`${row.step}:${verb}:before`);
    const result = await callVerb(act, row, this.lease, this.shop.stepTimeoutMs);
    await this.shop.point(`${row.step}:${verb}:after`);
    return result;
  }
}

function failureOf(step: { readonly name: string }, rejected: Rejected): Failure {
  return { step: step.name, code: rejected.code, detail: rejected.detail };
}
