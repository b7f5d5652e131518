import { growthOf, type Figure } from './figure';
import type { Fault } from './lab';

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
