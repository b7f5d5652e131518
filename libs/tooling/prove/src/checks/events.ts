import type { Check } from '../check';

/** Columns of the run's series are a second each. */
const COLUMN_MS = 1_000;

/** Events that piled up while the bus was away were all published within this time after the fault. */
export function outboxDrains({ withinMs }: { readonly withinMs: number }): Check {
  return {
    name: 'time until every event was published',
    judge: ({ phases, series }) => {
      const unpublished = (series['unpublished events'] ?? []).map((value) => value ?? 0);
      const faultToMs = phases.find(({ name }) => name === 'fault')?.toMs ?? 0;
      const tookMs = Math.max(0, (unpublished.findLastIndex((value) => value > 0) + 1) * COLUMN_MS - faultToMs);
      const isEmpty = unpublished.at(-1) === 0;
      return {
        holds: isEmpty && tookMs <= withinMs,
        measured: isEmpty ? `${tookMs / 1_000} s, ${Math.max(0, ...unpublished)} at the most` : 'not in this run',
        limit: `within ${withinMs / 1_000} s`,
        samples: { seen: Math.max(0, ...unpublished), needed: 1 },
      };
    },
  };
}

/** What could not be applied was put aside, and can be seen. */
export function deadLetters({ atLeast }: { readonly atLeast: number }): Check {
  return {
    name: 'dead letters',
    judge: ({ series }) => {
      const counted = (series['dead letters'] ?? []).filter((value) => value !== null);
      const grown = Math.max(0, ...counted) - (counted[0] ?? 0);
      return { holds: grown >= atLeast, measured: `${grown}`, limit: `at least ${atLeast}` };
    },
  };
}
