import { auditTable } from './audit.verb';

test('the audit is a line an invariant, and each violation is named below', () => {
  const violations = [{ subject: 'order 7', expected: '1 capture', actual: '2 captures' }];
  expect(
    auditTable({
      checkedAt: '2026-06-11T19:00:00.000Z',
      invariants: [
        { id: 'C1', holds: true, checked: 1_204, inFlight: 3, violations: [] },
        { id: 'C2', holds: false, checked: 1_204, inFlight: 0, violations },
      ],
    }),
  ).toEqual([
    'checked at 2026-06-11T19:00:00.000Z',
    'invariant                                           holds     checked  in flight violations',
    'C1 every accepted order comes to an end             yes          1204          3          0',
    'C2 at most one capture an order                     NO           1204          0          1',
    'C2 order 7: expected 1 capture, is 2 captures',
  ]);
});
