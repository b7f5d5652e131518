import type { Fault } from '../lab';
import { atMostOnce } from '../strikes';
import { SHOP_DEPLOYMENTS } from './deployments';
import { clusterOf, type LabCluster } from './lab-cluster';
import { spareNode } from './spare-node';

const BACK = '--timeout=180s';
const EMPTY_WITHIN = '--timeout=120s';

/**
 * A node is emptied in order, as before its maintenance, and taken back afterwards. Pods that may run nowhere else stay
 * on it, as their disruption budget says: the journal tells how many.
 */
export function drainedNode(): Fault {
  return {
    name: 'a node is drained',
    async start(lab) {
      const cluster = clusterOf(lab);
      const node = await spareNode(cluster);
      const before = await podsOn(cluster, node);
      const { undo } = await cluster.change({
        name: `${node} is drained`,
        make: [{ args: ['cordon', node] }],
        unmake: [{ args: ['uncordon', node] }],
      });
      const drain = ['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', EMPTY_WITHIN];
      await cluster.kubectl(drain).catch((error: unknown) => lab.record('the drain gave up', { why: String(error) }));
      const left = await podsOn(cluster, node);
      lab.record('drained', { node, pods: before, left });
      const seen = { metric: 'pods of the shop that were moved', value: before - left, least: 1 };
      return { undo, seen: async () => seen };
    },
  };
}

/**
 * The node of a zone is gone without a word, with every pod on it; it comes back with the end of the fault, and its
 * pods with it: less than the five minutes after which Kubernetes would start them elsewhere.
 */
export function lostZone(): Fault {
  return {
    name: 'a zone is lost',
    async start(lab) {
      const cluster = clusterOf(lab);
      const node = await spareNode(cluster);
      const before = await podsOn(cluster, node);
      const { undo } = await cluster.change({
        name: `${node} is lost`,
        make: [{ program: 'docker', args: ['stop', '--time=0', node] }],
        unmake: [
          { program: 'docker', args: ['start', node] },
          { args: ['wait', `node/${node}`, '--for=condition=Ready', BACK] },
        ],
      });
      lab.record('lost', { node, pods: before });
      return {
        undo: atMostOnce(async () => {
          await undo();
          const serve = ['wait', 'pods', ...whichOn(cluster, node), '--for=condition=Ready', BACK];
          await cluster.kubectl(serve).catch((error: unknown) => lab.record('pods are late', { why: String(error) }));
        }),
        seen: async () => ({ metric: 'pods of the shop that were lost', value: before, least: 1 }),
      };
    },
  };
}

async function podsOn(cluster: LabCluster, node: string): Promise<number> {
  const names = await cluster.kubectl(['get', 'pods', ...whichOn(cluster, node), '--output=name']);
  return names.split('\n').filter(Boolean).length;
}

function whichOn({ namespace }: LabCluster, node: string): readonly string[] {
  return [`--namespace=${namespace}`, SHOP_DEPLOYMENTS, `--field-selector=spec.nodeName=${node}`];
}
