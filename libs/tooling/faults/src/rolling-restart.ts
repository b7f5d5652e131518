import type { Fault } from './lab';
import { atMostOnce } from './strikes';

export interface RollingRestartOptions {
  readonly rounds: number;
  /** Default all, those who call before those whom they call. */
  readonly services?: readonly string[];
  /** Between one process that serves again and the next. */
  readonly pauseMs?: number;
}

const READY_MS = 60_000;

/**
 * Restarts every replica of every service in turn, in order, each one ready before the next. Ends by itself; cut short,
 * the restart under way is finished. All rounds must have been made.
 */
export function rollingRestart({ rounds, services, pauseMs = 0 }: RollingRestartOptions): Fault {
  return {
    name: `rolling restart of ${services?.join(', ') ?? 'every service'}, ${rounds} times`,
    async start({ shop, record, signal }) {
      const names = services?.flatMap((service) => shop.names(service)) ?? shop.names();
      let restarted = 0;
      let enough = false;
      const roll = async (): Promise<void> => {
        for (const name of Array.from({ length: rounds }, () => names).flat()) {
          if (enough || signal.aborted) return;
          await shop.restart(name);
          await shop.ready(READY_MS);
          restarted += 1;
          record('restarted', { name });
          if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      };
      const ended = roll();
      ended.catch((error: unknown) => record('the restarts ended early', { why: String(error) }));
      return {
        ended,
        undo: atMostOnce(async () => {
          enough = true;
          await ended;
        }),
        seen: async () => ({ metric: 'processes restarted', value: restarted, least: rounds * names.length }),
      };
    },
  };
}
