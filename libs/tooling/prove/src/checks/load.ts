import type { Check } from '../check';

const SECOND_MS = 1_000;

/** What the databases had to do during the fault, in transactions a second, against the time before. */
export function databaseLoad({ atMostTimes }: { readonly atMostTimes: number }): Check {
  return {
    name: 'database transactions against the steady state',
    judge: ({ phases, series }) => {
      const totals = series['database transactions'] ?? [];
      const perSecond = (name: string) => {
        const phase = phases.find((one) => one.name === name);
        if (phase === undefined) return Number.NaN;
        return growthOf(totals, Math.ceil(phase.fromMs / SECOND_MS), Math.floor(phase.toMs / SECOND_MS));
      };
      const [before, during] = [perSecond('steady'), perSecond('fault')];
      const times = during / before;
      const limit = `at most ${atMostTimes} times`;
      if (Number.isNaN(times)) return { holds: false, unknown: true, measured: 'could not be read', limit };
      return {
        holds: times <= atMostTimes,
        measured: `${times.toFixed(2)} times (${before.toFixed(0)}/s, then ${during.toFixed(0)}/s)`,
        limit,
        beyond: { times: times / atMostTimes },
      };
    },
  };
}

/** Mean growth a second between the first and the last sample there is. */
function growthOf(totals: readonly (number | null)[], from: number, to: number): number {
  const known = totals.slice(from, to + 1).flatMap((total, index) => (total === null ? [] : [{ total, at: index }]));
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined || last.at === first.at) return Number.NaN;
  return (last.total - first.total) / (last.at - first.at);
}
