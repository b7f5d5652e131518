import type { Observations } from '@stampede/prove';
import { releasesRuled } from './release-checks';
import { RELEASED_EVENT, type Released } from './releases-fault';

const check = releasesRuled({ of: 2, rollbackMs: 30_000, exposure: 0.02 });
const judged = (...released: readonly Partial<Released>[]) =>
  check.judge({
    events: released.map((detail) => ({
      atMs: 1,
      kind: RELEASED_EVENT,
      detail: { why: 'so', ...detail },
    })),
  } as unknown as Observations);

const GOOD = { wanted: 'good', verdict: 'promoted', exposure: 0.7 };
const BAD = { wanted: 'v2-cent', verdict: 'rolled-back', rollbackMs: 12_000, exposure: 0.01 };

test('a good version that is promoted and a bad one that goes back in time are ruled as they should be', () => {
  expect(judged(GOOD, BAD)).toMatchObject({ holds: true, measured: '0 of 2', samples: { seen: 2, needed: 2 } });
});

test.each([
  ['a bad version that is promoted', { ...BAD, verdict: 'promoted' }],
  ['one that goes back late', { ...BAD, rollbackMs: 31_000 }],
  ['one of which nobody knows when it went back', { wanted: 'v2-cent', verdict: 'rolled-back', exposure: 0.01 }],
  ['one that too many have seen', { ...BAD, exposure: 0.03 }],
  ['one released where no buyer was', { wanted: 'v2-cent', verdict: 'rolled-back', rollbackMs: 12_000 }],
  ['a good one that goes back', { ...GOOD, verdict: 'rolled-back' }],
  ['a good one of which nothing can be said', { ...GOOD, verdict: 'inconclusive' }],
])('%s breaks the promise', (_, released) => {
  expect(judged(GOOD, released).holds).toBe(false);
});

test('fewer releases than were to be shown prove nothing', () => {
  expect(judged(GOOD).samples).toEqual({ seen: 1, needed: 2 });
});
