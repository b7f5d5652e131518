import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../lab';
import { asTheyAre, clusterOf, type Change, type LabCluster } from './lab-cluster';

const ISTIOD = ['deployment/istiod', '--namespace=istio-system'];
const PODS = ['--selector=app=istiod', '--namespace=istio-system'];
const BACK = '--timeout=180s';
/** So that certificates are shown all the time, as in a shop of many replicas, and not once an hour. */
const REQUESTS_OF_A_CONNECTION = 10;
/** Until every proxy has heard of that from istiod, which then goes. */
const HEARD_MS = 5_000;

/** The mesh's control plane has no replica: no proxy hears anything new, while connections are made all the time. */
export function noControlPlane({ heardMs = HEARD_MS } = {}): Fault {
  return {
    name: 'istiod gone, and every connection made anew after ten requests',
    async start(lab) {
      const cluster = clusterOf(lab);
      const connections = await cluster.change(await shortConnections(cluster));
      await delay(heardMs);
      const istiod = await cluster.change({
        name: 'istiod has no replica',
        make: [
          { args: ['scale', ...ISTIOD, '--replicas=0'] },
          { args: ['wait', '--for=delete', 'pod', ...PODS, BACK] },
        ],
        unmake: [{ args: ['scale', ...ISTIOD, '--replicas=1'] }, { args: ['rollout', 'status', ...ISTIOD, BACK] }],
      });
      const running = await cluster.kubectl(['get', 'pods', ...PODS, '--output=name']);
      return {
        undo: async () => {
          await istiod.undo();
          await connections.undo();
        },
        seen: async () => ({ metric: 'control planes gone', value: running.trim() === '' ? 1 : 0, least: 1 }),
      };
    },
  };
}

async function shortConnections(cluster: LabCluster): Promise<Change> {
  const rules = (await asTheyAre(cluster, ['destinationrules'])).map((text) => ({
    text,
    name: (JSON.parse(text) as { metadata: { name: string } }).metadata.name,
  }));
  const http = { maxRequestsPerConnection: REQUESTS_OF_A_CONNECTION };
  const patch = `--patch=${JSON.stringify({ spec: { trafficPolicy: { connectionPool: { http } } } })}`;
  const where = `--namespace=${cluster.namespace}`;
  return {
    name: 'short connections in the mesh',
    make: rules.map(({ name }) => ({ args: ['patch', 'destinationrule', name, where, '--type=merge', patch] })),
    unmake: rules.map(({ text }) => ({ args: ['replace', '--filename=-'], input: text })),
  };
}
