import type { Fault } from './lab';
import { Strikes, oneOf } from './strikes';

export interface KillOptions {
  readonly everyMs: number;
  /** One of theirs each time; default of any. */
  readonly services?: readonly string[];
  /** Names of processes, or services, that are spared. */
  readonly except?: readonly string[];
}

/**
 * kill -9 of one process, chosen anew each time. Over with the last kill: how long the shop takes to be ready again is
 * its recovery.
 */
export function killEvery({ everyMs, services, except = [] }: KillOptions): Fault {
  return {
    name: `kill -9 of one process of ${services?.join(', ') ?? 'the whole shop'} every ${everyMs / 1_000} s`,
    async start({ shop, random, record, signal }) {
      let killed = 0;
      const spared = new Set(except.flatMap((name) => [name, ...shop.names(name)]));
      const candidates = () =>
        (services?.flatMap((service) => shop.names(service)) ?? shop.names()).filter(
          (name) => !spared.has(name) && shop.pidOf(name) !== undefined,
        );
      const strikes = new Strikes({ record, signal }, everyMs, async () => {
        const name = oneOf(candidates(), random);
        const pid = shop.pidOf(name);
        await shop.kill(name);
        killed += 1;
        record('killed', { name, pid });
      });
      return {
        undo: () => strikes.stop(),
        seen: async () => ({ metric: 'processes killed', value: killed, least: strikes.least }),
      };
    },
  };
}
