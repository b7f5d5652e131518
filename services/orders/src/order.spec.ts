import { IllegalMove, assertLegal, endOfUndone, isTerminal } from './order';

const ENDS = ['confirmed', 'declined', 'cancelled', 'refunded'] as const;

test('a pending order may end in any terminal state, and no ended order moves again', () => {
  expect(isTerminal('pending')).toBe(false);
  for (const end of ENDS) {
    expect(() => assertLegal('pending', end)).not.toThrow();
    expect(isTerminal(end)).toBe(true);
    for (const other of [...ENDS, 'pending'] as const) expect(() => assertLegal(end, other)).toThrow(IllegalMove);
  }
});

test.each([
  ['card_declined', false, 'declined'],
  ['insufficient_funds', false, 'declined'],
  ['hold_lost', false, 'cancelled'],
  ['deadline_passed', false, 'cancelled'],
  ['deadline_passed', true, 'refunded'],
] as const)('an order undone for %s (refunded: %s) ends %s', (failureCode, refunded, status) => {
  expect(endOfUndone({ failureCode, refunded })).toBe(status);
});
