import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { startLoad } from './k6';
import { findK6 } from './k6-binary';
import { openLabShop } from './lab-shop';
import { Unavailable, type World } from './world';

/** Shop and prover keep to the first core, so that the load has one of its own: `LOAD_CORE` of run.ts. */
const SHOP_CORE = '0';

/** This machine, with k6 and a shop of real processes. */
export function realWorld({ root, env }: { root: string; env: Readonly<Record<string, string | undefined>> }): World {
  return {
    now: () => Date.now(),
    delay: (ms, signal) => delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted()),
    openShop: async (options) => {
      await findK6(); // before anything is started in vain
      if (options.needs.includes('cores')) pinToShopCore();
      return openLabShop({ ...options, root, machine: env });
    },
    startLoad: (options) => startLoad({ ...options, root }),
  };
}

/** Every thread of this process, and with it all that it starts. @throws Unavailable */
function pinToShopCore(): void {
  if (availableParallelism() < 2 && !isPinned())
    throw new Unavailable('two cores are needed, one each for shop and load');
  const { status } = spawnSync('taskset', ['-a', '-c', '-p', SHOP_CORE, String(process.pid)]);
  if (status !== 0)
    throw new Unavailable('taskset is needed, to give shop and load a core each: Linux has it in util-linux');
}

/** By an earlier run of this process. */
function isPinned(): boolean {
  const { stdout } = spawnSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' });
  return stdout?.trim().endsWith(`: ${SHOP_CORE}`) ?? false;
}
