import type { Fault } from './lab';
import { atMostOnce } from './strikes';

/** Ends every replica in order, so that nobody listens there; `payment-provider` as well. Undone by starting them. */
export function stopService(service: string): Fault {
  return {
    name: `${service} is gone`,
    async start({ shop, record }) {
      const names = shop.names(service);
      const stopping = Promise.all(
        names.map(async (name) => {
          await shop.stop(name);
          record('stopped', { name });
        }),
      );
      await stopping;
      const gone = names.filter((name) => shop.pidOf(name) === undefined).length;
      return {
        undo: atMostOnce(async () => {
          await Promise.all(names.map((name) => shop.start(name)));
          record('started', { names });
        }),
        seen: async () => ({ metric: 'processes gone', value: gone, least: Math.max(1, names.length) }),
      };
    },
  };
}
