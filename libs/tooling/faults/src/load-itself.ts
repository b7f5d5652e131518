import { growthOf, type Figure } from './figure';
import type { Fault, LoadSeen } from './lab';

/** For a claim whose fault is what its load does: a crowd, or cards that fail. It names what shows that it did. */
export function loadItself(name: string, figure: Figure): Fault {
  return {
    name,
    async start({ shop }) {
      const { seen } = await growthOf(shop, figure);
      return { undo: async () => undefined, seen };
    },
  };
}

/**
 * For a claim whose load is more than the shop can do. It is seen by who comes, which no protection of the shop
 * changes: arrivals a second while it lasts, as a multiple of the capacity that the scenario told.
 */
export function moreThanCapacity(name: string, { leastTimes }: { readonly leastTimes: number }): Fault {
  const timesOf = ({ calls, told, fromMs, toMs }: LoadSeen): number => {
    const capacity = told.find(({ what }) => what === 'capacity')?.detail['perSecond'];
    const came = calls.filter(({ atMs, attempt }) => attempt === 1 && atMs >= fromMs && atMs < toMs).length;
    return typeof capacity === 'number' ? (came * 1_000) / (toMs - fromMs) / capacity : 0;
  };
  return {
    name,
    async start() {
      return {
        undo: async () => undefined,
        seen: async (load) => ({
          metric: 'arrivals, as a multiple of the capacity,',
          value: load === undefined ? 0 : Number(timesOf(load).toFixed(2)),
          least: leastTimes,
        }),
      };
    },
  };
}
