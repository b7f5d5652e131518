import type { Fault } from '../lab';
import { clusterOf, type LabCluster } from './lab-cluster';
import { spareNode } from './spare-node';

const BACK = '--timeout=180s';

/** A node is emptied in order, as before its maintenance, and taken back afterwards. */
export function drainedNode(): Fault {
  return {
    name: 'a node is drained',
    async start(lab) {
      const cluster = clusterOf(lab);
      const node = await spareNode(cluster);
      const before = await podsOn(cluster, node);
      const { undo } = await cluster.change({
        name: `${node} is drained`,
        make: [{ args: ['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', BACK] }],
        unmake: [{ args: ['uncordon', node] }],
      });
      lab.record('drained', { node, pods: before });
      return { undo, seen: async () => ({ metric: 'pods of the shop that were moved', value: before, least: 1 }) };
    },
  };
}

/** The node of a zone is gone without a word, with every pod on it; it comes back with the end of the fault. */
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
      return { undo, seen: async () => ({ metric: 'pods of the shop that were lost', value: before, least: 1 }) };
    },
  };
}

async function podsOn(cluster: LabCluster, node: string): Promise<number> {
  const which = ['--selector=app.kubernetes.io/part-of=stampede', `--field-selector=spec.nodeName=${node}`];
  const names = await cluster.kubectl(['get', 'pods', `--namespace=${cluster.namespace}`, ...which, '--output=name']);
  return names.split('\n').filter(Boolean).length;
}
