import type { Check } from '@stampede/prove';
import { RELEASED_EVENT, type Released } from './releases-fault';

export interface RulingOptions {
  /** How many versions were released. */
  readonly of: number;
  /** From the breach to the moment in which nobody gets the new version any more. */
  readonly rollbackMs: number;
  /** Of all requests (0..1). */
  readonly exposure: number;
}

/** The good version was promoted, and every bad one was taken back in time, and few had seen it. */
export function releasesRuled({ of, rollbackMs, exposure }: RulingOptions): Check {
  return {
    name: 'versions that were not ruled as they should be',
    judge: ({ events = [] }) => {
      const all = events
        .filter(({ kind }) => kind === RELEASED_EVENT)
        .map(({ detail }) => detail as unknown as Released);
      const wrong = all.filter((one) =>
        one.wanted === 'good'
          ? one.verdict !== 'promoted'
          : one.verdict !== 'rolled-back' || !(within(one.rollbackMs, rollbackMs) && within(one.exposure, exposure)),
      );
      const first = wrong[0] === undefined ? '' : ` (${wrong[0].wanted}: ${wrong[0].verdict}, ${wrong[0].why})`;
      return {
        holds: wrong.length === 0,
        measured: `${wrong.length} of ${all.length}${first}`,
        limit: `none: back within ${rollbackMs / 1_000} s, seen by at most ${exposure * 100} % of requests`,
        samples: { seen: all.length, needed: of },
      };
    },
  };
}

/** What was not measured was not kept. */
function within(measured: number | undefined, limit: number): boolean {
  return measured !== undefined && measured <= limit;
}
