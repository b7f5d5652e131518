import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { startLoad } from './k6';
import { findK6 } from './k6-binary';
import { openLabShop } from './lab-shop';
import { LOAD_CORE } from './run';
import { Unavailable, type World } from './world';

/** The shop keeps to the first core. The prover starts it there, and then leaves it to it. */
const SHOP_CORE = '0';

/** This machine, with k6 and a shop of real processes. */
export function realWorld({ root, env }: { root: string; env: Readonly<Record<string, string | undefined>> }): World {
  const cores = coresOfThisProcess();
  const hasTwo = availableParallelism() > 1; // asked now: it will be one while this process is kept to one
  return {
    now: () => Date.now(),
    delay: (ms, signal) => delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted()),
    openShop: async (options) => {
      await findK6(); // before anything is started in vain
      const apart = options.needs.includes('cores');
      if (apart && !hasTwo) throw new Unavailable('two cores are needed, one each for shop and load');
      if (apart && cores === undefined)
        throw new Unavailable('taskset is needed, to give shop and load a core each: Linux has it in util-linux');
      if (cores !== undefined) keepTo(apart ? SHOP_CORE : cores); // an earlier claim may have needed other ones
      const shop = await openLabShop({ ...options, root, machine: env });
      // It reads what the load writes, so that is where it belongs. Claims that need cores restart nothing.
      if (apart) keepTo(String(LOAD_CORE));
      return shop;
    },
    startLoad: (options) => startLoad({ ...options, root }),
  };
}

/** The cores of this process as it was started; undefined where they cannot be chosen. */
function coresOfThisProcess(): string | undefined {
  const { status, stdout } = spawnSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().split(' ').at(-1) : undefined;
}

/** Every thread of this process, and with it all that it starts. */
function keepTo(cores: string): void {
  spawnSync('taskset', ['-a', '-c', '-p', cores, String(process.pid)]);
}
