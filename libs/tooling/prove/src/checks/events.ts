import type { Check } from '../check';

/** Columns of the run's series are a second each. */
const COLUMN_MS = 1_000;

/**
 * Events that piled up while the bus was away were all published within this time after the fault. Seconds in which
 * nobody could tell count as not yet published.
 */
export function outboxDrains({ withinMs }: { readonly withinMs: number }): Check {
  return {
    name: 'time until every event was published',
    judge: ({ phases, series }) => {
      const unpublished = series['unpublished events'] ?? [];
      const limit = `within ${withinMs / 1_000} s`;
      const known = unpublished.filter((value) => value !== null);
      if (known.length === 0) return { holds: false, unknown: true, measured: 'could not be read', limit };
      const faultToMs = phases.find(({ name }) => name === 'fault')?.toMs ?? 0;
      const lastFull = unpublished.findLastIndex((value) => value !== null && value > 0);
      const firstEmpty = unpublished.findIndex((value, column) => column > lastFull && value === 0);
      const isEmpty = firstEmpty >= 0 && unpublished.findLastIndex((value) => value === 0) * COLUMN_MS >= faultToMs;
      const tookMs = Math.max(0, firstEmpty * COLUMN_MS - faultToMs);
      const most = Math.max(...known);
      return {
        holds: isEmpty && tookMs <= withinMs,
        measured: isEmpty ? `${tookMs / 1_000} s, ${most} at the most` : 'not in this run',
        limit,
        samples: { seen: most, needed: 1 },
      };
    },
  };
}

/** What could not be applied was put aside, and can be seen. */
export function deadLetters({ atLeast }: { readonly atLeast: number }): Check {
  return {
    name: 'dead letters',
    judge: ({ series }) => {
      const limit = `at least ${atLeast}`;
      const counted = (series['dead letters'] ?? []).filter((value) => value !== null);
      if (counted.length === 0) return { holds: false, unknown: true, measured: 'could not be read', limit };
      const grown = Math.max(...counted) - (counted[0] ?? 0);
      return { holds: grown >= atLeast, measured: `${grown}`, limit, beyond: { count: atLeast - grown } };
    },
  };
}
