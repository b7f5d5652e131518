import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Fault } from './lab';
import { atMostOnce } from './strikes';

export interface PauseOptions {
  /** Every replica of it. */
  readonly service?: string;
  /** These processes alone. */
  readonly names?: readonly string[];
}

/**
 * SIGSTOP: the processes take connections, by the system's hand, and answer nothing. Seen by the system's own word
 * that they stand still.
 */
export function pause({ service, names }: PauseOptions): Fault {
  return {
    name: `SIGSTOP of ${names?.join(', ') ?? service ?? 'the whole shop'}`,
    async start({ shop, record }) {
      const pids = (names ?? shop.names(service)).map((name) => shop.pidOf(name)).filter((pid) => pid !== undefined);
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      record('paused', { pids });
      const still = (await Promise.all(pids.map(standsStill))).filter(Boolean).length;
      return {
        undo: atMostOnce(async () => {
          for (const pid of pids) goOn(pid);
          record('goes on', { pids });
        }),
        seen: async () => ({ metric: 'processes that stood still', value: still, least: Math.max(1, pids.length) }),
      };
    },
  };
}

const LOOKS = 20;

/** A signal is on its way for a moment. */
async function standsStill(pid: number): Promise<boolean> {
  for (let look = 0; look < LOOKS; look += 1) {
    const state = await promisify(execFile)('ps', ['-o', 'state=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
    if (state.stdout.trim().startsWith('T')) return true;
  }
  return false;
}

function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // it has ended, as somebody killed it
  }
}
