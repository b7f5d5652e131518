import type { Check } from '../check';
import { percent } from './requests';

/**
 * Each of these parts was away for a while, and pages said so: `degraded` named it on at least `atLeast` (0..1) of the
 * pages that were shown during the fault. Two parts that are away one after the other have half of the time each.
 */
export function pagesSay(options: { readonly parts: readonly string[]; readonly atLeast: number }): Check {
  const { parts, atLeast } = options;
  return {
    name: `pages that say that ${parts.join(' and ')} are missing or old`,
    judge: ({ phases, calls, seen }) => {
      const { fromMs, toMs } = phases.find(({ name }) => name === 'fault') ?? { fromMs: 0, toMs: 0 };
      const within = ({ atMs }: { readonly atMs: number }) => atMs >= fromMs && atMs < toMs;
      const pages = calls.filter((call) => within(call) && call.route === 'event-page' && call.status === 200).length;
      const degraded = seen.filter((line) => within(line) && line.what === 'degraded');
      const shares = parts.map(
        (part) => degraded.filter(({ detail }) => (detail['parts'] as string[]).includes(part)).length / pages,
      );
      return {
        holds: pages > 0 && shares.every((share) => share >= atLeast),
        measured: parts.map((part, index) => `${part} ${percent(shares[index] ?? 0)}`).join(', '),
        limit: `each at least ${percent(atLeast)}`,
        samples: { seen: pages, needed: 100 },
      };
    },
  };
}
