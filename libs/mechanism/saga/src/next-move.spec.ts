import { type Step, saga, step } from './definition';
import { firstCompensation, nextMove } from './next-move';
import type { SagaRow } from './saga.store';

const nothing = async () => undefined;
const definition = saga<object>('order', [
  step('hold', { run: nothing, compensate: nothing }),
  step('capture', { run: nothing, compensate: nothing, onUnknown: async () => ({}) }),
  step('issue', { run: nothing, pivot: true }),
  step('settle', { run: nothing }),
]);

function row(given: Partial<SagaRow<object>>): SagaRow<object> {
  return {
    id: '01970000-0000-7000-8000-000000000001',
    state: {},
    step: 'hold',
    direction: 'forward',
    doubt: 'none',
    attempts: 0,
    failure: null,
    traceparent: null,
    leaseToken: 1,
    remainingMs: 1_000,
    ...given,
  };
}

describe('what a saga does next', () => {
  test.each([
    ['runs its step in time', { step: 'capture' }, 'run'],
    ['turns back once the deadline has passed', { step: 'capture', remainingMs: 0 }, 'turn-back'],
    ['turns back at the pivot too', { step: 'issue', remainingMs: -1 }, 'turn-back'],
    ['asks about a step that may have happened', { step: 'capture', doubt: 'unknown' }, 'ask'],
    ['asks about it even when the deadline has passed', { step: 'capture', doubt: 'unknown', remainingMs: -1 }, 'ask'],
    ['goes forward from a pivot that may have happened', { step: 'issue', doubt: 'unknown', remainingMs: -1 }, 'run'],
    ['goes forward after the pivot, whatever the time', { step: 'settle', remainingMs: -1 }, 'run'],
    ['compensates when it has turned back', { step: 'hold', direction: 'backward', remainingMs: -1 }, 'compensate'],
  ] as const)('%s', (_, given, expected) => {
    expect(nextMove(definition, row(given)).do).toBe(expected);
  });
});

describe('where compensation begins', () => {
  const nameOf = (found: Step<object> | null) => found?.name ?? null;

  test('with the step before, when the present one is known not to have happened', () => {
    expect(nameOf(firstCompensation(definition, row({ step: 'capture' })))).toBe('hold');
    expect(nameOf(firstCompensation(definition, row({ step: 'hold' })))).toBeNull();
  });

  test('with the present step, when that one was tried', () => {
    expect(nameOf(firstCompensation(definition, row({ step: 'capture', doubt: 'failed' })))).toBe('capture');
    expect(nameOf(firstCompensation(definition, row({ step: 'hold', doubt: 'unknown' })))).toBe('hold');
  });
});

describe('a definition that could not keep its promises is refused', () => {
  test.each([
    ['two steps of one name', [step('a', { run: nothing }), step('a', { run: nothing })]],
    ['no step', []],
    ['two pivots', [step('a', { run: nothing, pivot: true }), step('b', { run: nothing, pivot: true })]],
    [
      'a compensation after the pivot',
      [step('a', { run: nothing, pivot: true }), step('b', { run: nothing, compensate: nothing })],
    ],
  ])('%s', (_, steps) => {
    expect(() => saga<object>('order', steps)).toThrow(TypeError);
  });
});
