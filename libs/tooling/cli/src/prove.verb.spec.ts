import type { Journal, Verdict } from '@stampede/prove';
import { exitCode } from './prove.verb';

const triesOf = (...verdicts: Verdict[]) => ({ journals: verdicts.map((verdict) => ({ verdict }) as Journal) });

test.each([
  ['what holds at the second try', triesOf('FAIL', 'PASS'), 0],
  ['what fails twice', triesOf('FAIL', 'FAIL'), 1],
  ['what failed and could not be tried again', triesOf('FAIL', 'UNAVAILABLE'), 1],
  ['what could not be tried', triesOf('UNAVAILABLE'), 3],
  ['what there was no time for', triesOf(), 0],
])('%s ends the session with its exit code', (_, proof, code) => {
  expect(exitCode([triesOf('PASS'), proof])).toBe(code);
});
