import type { Journal, Verdict } from '@stampede/prove';
import type { ChosenClaim } from './chosen-claims';
import { exitCode, summary } from './prove-outcome';
import type { Proof } from './prove-session';

const proofOf = (because: ChosenClaim['because'], ...verdicts: Verdict[]) =>
  ({
    stated: { claim: { id: 'L2' }, ...(because === undefined ? {} : { because }) },
    journals: verdicts.map((verdict) => ({ verdict, why: 'it was lost: 1 of 9 orders, none', tookMs: 3_000 })),
  }) as unknown as Proof & { readonly journals: readonly Journal[] };
const triesOf = (...verdicts: Verdict[]) => proofOf(undefined, ...verdicts);

test.each([
  ['what holds at the second try', triesOf('FAIL', 'PASS'), 0],
  ['what fails twice', triesOf('FAIL', 'FAIL'), 1],
  ['what failed and could not be tried again', triesOf('FAIL', 'UNAVAILABLE'), 1],
  ['what could not be tried', triesOf('UNAVAILABLE'), 3],
  ['what was asked for and not begun', triesOf(), 1],
  ['what has changed and was not begun', proofOf('its code changed'), 1],
  ['what has its turn and was not begun', proofOf('its turn'), 0],
])('%s ends the session with its exit code', (_, proof, code) => {
  expect(exitCode([triesOf('PASS'), proof])).toBe(code);
});

test('a session in which nothing was due is a good one', () => {
  expect(exitCode([])).toBe(0);
});

test('every try is a line, and so is what had to be proved and was not begun', () => {
  expect(summary([triesOf('FAIL', 'PASS'), triesOf(), proofOf('its code changed'), proofOf('its turn')])).toEqual([
    'L2  FAIL, 3 s: it was lost: 1 of 9 orders (allowed: none)',
    'L2  PASS (again), 3 s: it was lost: 1 of 9 orders (allowed: none)',
    'L2  NOT-BEGUN, 0 s: the time was over before it',
    'L2  NOT-BEGUN, 0 s: its code changed, and the time was over before it',
  ]);
});
