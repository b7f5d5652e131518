import { setTimeout as delay } from 'node:timers/promises';
import { ADDRESS, CLUSTER, NAMESPACE, commandsIn, kubectl, mustRun, type Commands } from '@stampede/cluster';
import type { LabCluster } from '@stampede/faults';
import { startLoad } from '../k6';
import { findK6 } from '../k6-binary';
import { Unavailable, type ShopInLab, type World } from '../world';
import { Changes } from './changes';
import { ClusterShop } from './cluster-shop';
import { conditionsOf, type ClusterOptions } from './conditions';
import { KeptForward, forwardTo, type OpenForward } from './forward';
import { sumOfQuery } from './prometheus';
import { versionsOf } from './versions';

/** What the prover reaches a cluster by; tests put others in their place. */
export interface Ways {
  /** The project's folder. */
  readonly root: string;
  readonly commands: Commands;
  readonly forward: OpenForward;
}

const SETTLES_MS = 300_000;
const REACHABLE = ['get', '--raw=/readyz', '--request-timeout=5s'];

/** The shop on the cluster of this machine, with k6 on the machine itself. */
export function clusterWorld({ root, ways = waysFrom(root) }: { root: string; ways?: Ways }): World {
  return {
    now: () => Date.now(),
    delay: (ms, signal) => delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted()),
    openShop: async (options) => {
      await findK6(); // before anything is changed in vain
      return openClusterShop(ways, options);
    },
    startLoad: (options) => startLoad({ ...options, root }),
  };
}

function waysFrom(root: string): Ways {
  return { root, commands: commandsIn(root), forward: forwardTo(`kind-${CLUSTER}`) };
}

/**
 * The shop that runs on the cluster, as the claim wants it; `close` leaves it as it was, as does a next opening where
 * this process is killed. @throws Unavailable where there is no cluster, or none that is fit for a run; the signal's
 * reason
 */
export async function openClusterShop({ root, commands, forward }: Ways, options: ClusterOptions): Promise<ShopInLab> {
  const ask = (args: readonly string[], input?: string) => kubectl(commands, args, input);
  await ask(REACHABLE).catch((cause: unknown) => {
    throw new Unavailable('it needs the shop on a cluster: `npx stampede cluster up` makes one', { cause });
  });
  const changes = new Changes(
    ({ program, args, input }) => (program === undefined ? ask(args, input) : mustRun(commands, program, args)),
    NAMESPACE,
  );
  const left = await changes.undoLeftovers();
  const prometheus = new KeptForward(forward, { namespace: 'observability', target: 'service/prometheus', port: 9090 });
  const cluster: LabCluster = {
    root,
    namespace: NAMESPACE,
    kubectl: ask,
    get: async (args) => {
      const text = await ask(['get', ...args, '--output=json', '--ignore-not-found']);
      return text.trim() === '' ? undefined : JSON.parse(text);
    },
    change: (change) => changes.make(change),
    query: (promql) => prometheus.use((url) => sumOfQuery(url, promql)),
  };
  const shop = new ClusterShop({
    url: ADDRESS,
    folder: options.folder,
    cluster,
    forward,
    versions: await versionsOf(cluster),
    close: async () => {
      await changes.undoAll();
      await prometheus.close();
    },
  });
  try {
    if (left.length > 0) await shop.ready(SETTLES_MS);
    for (const change of await conditionsOf(cluster, options)) {
      options.signal.throwIfAborted();
      await cluster.change(change);
    }
    await shop.ready(SETTLES_MS);
    options.signal.throwIfAborted();
    await shop.begin();
    return shop;
  } catch (error) {
    await shop.close();
    throw error;
  }
}
