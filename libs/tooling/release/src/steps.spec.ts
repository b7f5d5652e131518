import type { Sight } from './sight';
import { decide, firstStep, requestsIn, type Step } from './steps';

const POLICY = { requestsAStep: 500, stepMs: 15_000, strategy: 'canary' } as const;
const PATIENCE_MS = 60_000;
const sight = (changes: Partial<Sight>): Sight => ({
  ...{ phase: 'Progressing', weight: 0, iterations: 0, failedChecks: 0, ready: true, unreadySinceMs: undefined },
  ...changes,
});
/** The decision on what is seen, and the step it leads to. */
const look = (step: Step, atMs: number, canaryRequests: number, changes: Partial<Sight>, policy = POLICY) =>
  decide(step, { atMs, sight: sight(changes), canaryRequests }, policy, PATIENCE_MS);

test('a canary may take its first step at once, and each other one with a sample of its own', () => {
  const begun = look(firstStep(0), 0, 0, {});
  expect(begun).toMatchObject({ gate: 'open', giveUp: false });
  const first = look(begun.step, 10_000, 3, { weight: 2 });
  expect(first).toMatchObject({ gate: 'shut', step: { weight: 2, fromRequests: 3 } });
  const few = look(first.step, 20_000, 502, { weight: 2 });
  expect(few).toMatchObject({ gate: undefined, giveUp: false });
  const enough = look(few.step, 30_000, 503, { weight: 2 });
  expect(enough).toMatchObject({ gate: 'open' });
  const second = look(enough.step, 40_000, 600, { weight: 10 });
  expect(second).toMatchObject({ gate: 'shut', step: { weight: 10, fromRequests: 600 } });
  expect(requestsIn(second.step, 640)).toBe(40);
});

test('a step takes its time, however many requests there are: a leak is not seen at once', () => {
  const { step } = look(firstStep(0), 0, 0, { weight: 2 });
  expect(look(step, 14_999, 90_000, { weight: 2 }).gate).toBe(undefined);
  expect(look(step, 15_000, 90_000, { weight: 2 }).gate).toBe('open');
});

test('a step that does not get its sample in time is given up', () => {
  const { step } = look(firstStep(0), 0, 0, { weight: 2 });
  expect(look(step, PATIENCE_MS, 499, { weight: 2 }).giveUp).toBe(false);
  expect(look(step, PATIENCE_MS + 1, 499, { weight: 2 }).giveUp).toBe(true);
  expect(look(step, PATIENCE_MS + 1, 500, { weight: 2 }).giveUp).toBe(false);
});

test.each(['ab', 'blue-green'] as const)('with %s there is one step, and the gate stays open after it', (strategy) => {
  const policy = { ...POLICY, strategy } as unknown as typeof POLICY;
  const waiting = look(firstStep(0), 0, 0, {}, policy);
  expect(waiting.gate).toBeUndefined();
  const begun = look(waiting.step, 10_000, 0, { iterations: 1, weight: strategy === 'ab' ? 100 : 0 }, policy);
  expect(begun).toMatchObject({ gate: undefined, step: { weight: 100 } });
  const enough = look(begun.step, 60_000, 500, { iterations: 6 }, policy);
  expect(enough.gate).toBe('open');
  const asked = look(enough.step, 70_000, 700, { iterations: 7, weight: 100 }, policy);
  expect(asked).toMatchObject({ gate: undefined, step: { open: true } });
});

test('the gate is shut behind a release, however it ends', () => {
  for (const phase of ['Promoting', 'Failed'])
    expect(look({ ...firstStep(0), open: true }, 10_000, 900, { phase }).gate).toBe('shut');
});

test('a weight that falls is a way back and no new step', () => {
  const step: Step = { weight: 10, fromMs: 0, fromRequests: 100, open: false };
  expect(look(step, 10_000, 900, { weight: 0 }).step.weight).toBe(10);
});
