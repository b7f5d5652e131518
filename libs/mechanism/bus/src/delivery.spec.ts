import { defaultRetryDelayMs, judge, pause, withDefaults } from './delivery';
import { Undecodable } from './envelope';

const options = withDefaults({ topic: 'topic', group: 'group', onEvent: () => Promise.resolve(), maxAttempts: 3 });

test('a failed event is tried as often as was asked, then given up', () => {
  expect(judge(new Error('no'), 0, options)).toEqual({ next: 'retry', failures: 1, delayMs: 200 });
  expect(judge(new Error('no'), 1, options)).toEqual({ next: 'retry', failures: 2, delayMs: 800 });
  expect(judge(new Error('no'), 2, options)).toEqual({ next: 'dead-letter' });
});

test('what cannot be read is given up at once', () => {
  expect(judge(new Undecodable('not JSON'), 0, options)).toEqual({ next: 'dead-letter' });
});

test("a lost database is not the event's fault", () => {
  const lost = Object.assign(new Error('terminating connection'), { code: '57P01' });
  expect(judge(lost, 2, options)).toEqual({ next: 'retry', failures: 2, delayMs: 3_200 });
});

test('pauses grow, and stay bounded', () => {
  expect([1, 2, 3, 4, 5, 50].map(defaultRetryDelayMs)).toEqual([200, 800, 3_200, 12_800, 13_000, 13_000]);
});

test.each([0, -1, 1.5, Number.NaN])('%d attempts are refused', (maxAttempts) => {
  expect(() => withDefaults({ ...options, maxAttempts })).toThrow(RangeError);
});

test('a pause ends at once when it is called off', async () => {
  const stopping = new AbortController();
  const paused = pause(3_600_000, stopping.signal);
  stopping.abort();
  await paused;
  await pause(3_600_000, stopping.signal);
});

test('a lab without dead letters tries for ever what nobody can apply or read', () => {
  const stubborn = withDefaults({ ...options, deadLetters: false });
  expect(judge(new Error('no'), 99, stubborn)).toMatchObject({ next: 'retry' });
  expect(judge(new Undecodable('not JSON'), 99, stubborn)).toMatchObject({ next: 'retry' });
});
