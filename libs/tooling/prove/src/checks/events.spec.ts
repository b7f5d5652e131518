import type { Observations } from '../check';
import { deadLetters, outboxDrains } from './index';

const seen = (series: Observations['series']): Observations => ({
  phases: [{ name: 'fault', fromMs: 2_000, toMs: 4_000 }],
  ...{
    calls: [],
    seen: [],
    orders: new Map(),
    untold: new Map(),
    unread: [],
    statement: [],
    audit: undefined,
    recoveredMs: undefined,
    series,
  },
  summary: { metrics: {} },
});

test('events that pile up must be published in time, and must have piled up', () => {
  const check = outboxDrains({ withinMs: 2_000 });
  const judged = (...unpublished: (number | null)[]) => check.judge(seen({ 'unpublished events': unpublished }));
  expect(judged(0, 0, 5, 9, 7, 2, 0, 0)).toMatchObject({ holds: true, measured: '2 s, 9 at the most' });
  expect(judged(0, 0, 5, 9, 7, 2, 1, 0).holds).toBe(false);
  expect(judged(0, 0, 5, 9, 7, null, null, 3)).toMatchObject({ holds: false, measured: 'not in this run' });
  expect(judged(0, 0, 5, 9, null, null, 0, 0)).toMatchObject({ holds: true, measured: '2 s, 9 at the most' });
  expect(judged(0, 0, 5, 9, null, null, null, 0).holds).toBe(false);
  expect(judged(0, 0, 0, null, null, null)).toMatchObject({ holds: false, measured: 'not in this run' });
  expect(judged(null, null)).toMatchObject({ holds: false, unknown: true });
  expect(judged(0, 0, 0, 0, 0).samples).toEqual({ seen: 0, needed: 1 });
});

test('dead letters are counted from the begin of the run', () => {
  const judged = (...counted: (number | null)[]) =>
    deadLetters({ atLeast: 2 }).judge(seen({ 'dead letters': counted }));
  expect(judged(1, null, 1, 3)).toMatchObject({ holds: true, measured: '2' });
  expect(judged(1, 2).holds).toBe(false);
  expect(judged(null)).toMatchObject({ holds: false, unknown: true });
});
