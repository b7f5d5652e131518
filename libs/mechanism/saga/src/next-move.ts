import type { Failure, SagaDefinition, Step } from './definition';
import type { SagaRow } from './saga.store';

export type Move<State> =
  | { readonly do: 'run' | 'compensate'; readonly step: Step<State> }
  | { readonly do: 'ask'; readonly step: Step<State>; readonly question: NonNullable<Step<State>['onUnknown']> }
  | { readonly do: 'turn-back'; readonly failure: Failure };

/**
 * What a saga does next, from what is stored and nothing else. Asking comes before everything: neither a retry nor
 * the deadline may pass over a step that may have happened. A pivot that may have happened and can be neither asked
 * nor undone goes forward.
 */
export function nextMove<State>(definition: SagaDefinition<State>, row: SagaRow<State>): Move<State> {
  const step = stepOf(definition, row.step);
  if (row.direction === 'backward') {
    return { do: 'compensate', step };
  }
  if (row.doubt === 'unknown' && step.onUnknown) {
    return { do: 'ask', step, question: step.onUnknown };
  }
  const mayHavePassedPivot = row.doubt === 'unknown' && step.pivot && !step.compensate;
  if (row.remainingMs <= 0 && canTurnBack(definition, step) && !mayHavePassedPivot) {
    const detail = `the deadline passed at ${step.name}`;
    return { do: 'turn-back', failure: { step: step.name, code: 'deadline_passed', detail } };
  }
  return { do: 'run', step };
}

/**
 * The compensation to begin with: of the present step too, unless that one is known not to have happened. Null:
 * nothing to undo.
 */
export function firstCompensation<State>(definition: SagaDefinition<State>, row: SagaRow<State>): Step<State> | null {
  const index = definition.steps.indexOf(stepOf(definition, row.step));
  return lastCompensable(definition, row.doubt === 'none' ? index : index + 1);
}

/** The compensation after that of `step`, or null after the last. */
export function nextCompensation<State>(definition: SagaDefinition<State>, step: Step<State>): Step<State> | null {
  return lastCompensable(definition, definition.steps.indexOf(step));
}

/** Whether a refusal of `step` can still turn the saga back. */
export function canTurnBack<State>(definition: SagaDefinition<State>, step: Step<State>): boolean {
  return definition.steps.indexOf(step) <= definition.pivot;
}

function lastCompensable<State>(definition: SagaDefinition<State>, before: number): Step<State> | null {
  return definition.steps.slice(0, before).findLast((step) => step.compensate) ?? null;
}

/** @throws TypeError for a step of another version: the claim leaves such rows alone */
function stepOf<State>(definition: SagaDefinition<State>, name: string): Step<State> {
  const step = definition.steps.find((each) => each.name === name);
  if (!step) {
    throw new TypeError(`saga ${definition.name} has no step ${name}`);
  }
  return step;
}
