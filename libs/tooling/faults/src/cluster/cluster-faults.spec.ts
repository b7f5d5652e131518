import { FakeCluster } from '../../test/fake-cluster';
import { drainedNode, lostZone } from './lost-zone';
import { manifestFault } from './manifest-fault';
import { noControlPlane } from './no-control-plane';
import { rollingUpdate } from './rolling-update';
import { SICK_EVENT, sickReplica } from './sick-replica';
import { spareNode } from './spare-node';
import type { Lab } from '../lab';
import { clusterOf } from './lab-cluster';

const SEEN = { metric: 'calls', promql: 'sum(calls)', least: 5 };
const black = manifestFault({ name: 'nobody answers', file: 'istio/faults/payments-black-hole.yaml', seen: SEEN });

test('a fault of the mesh is its file, applied and deleted, and what its counter grew by meanwhile', async () => {
  const cluster = new FakeCluster();
  cluster.figure = 40;
  const active = await cluster.start(black);
  cluster.figure = 47;
  await active.undo();
  await active.undo();
  expect(await active.seen()).toEqual({ metric: 'calls', value: 7, least: 5 });
  const file = '--filename=istio/faults/payments-black-hole.yaml --namespace=stampede';
  expect(cluster.transcript).toEqual([`kubectl apply ${file}`, `kubectl delete ${file} --ignore-not-found`]);
});

test('a fault of a cluster does not start on a shop of processes', () => {
  expect(() => clusterOf({ shop: {} } as Lab)).toThrow('tier cluster');
});

const image = { spec: { template: { spec: { containers: [{ image: 'stampede/inventory:dev' }] } } } };

test('a sick replica is in the Service and in the policies, but is none of the Deployment', async () => {
  const cluster = new FakeCluster({ 'deployment/inventory': image });
  let manifest = '';
  const change = cluster.change.bind(cluster);
  cluster.change = (what) => {
    manifest = what.make[0]?.input ?? '';
    return change(what);
  };
  const active = await cluster.start(sickReplica('inventory'));
  const { metadata, spec } = JSON.parse(manifest) as { metadata: { labels: object }; spec: Record<string, unknown> };
  expect(metadata.labels).toEqual({
    'app.kubernetes.io/name': 'inventory',
    'app.kubernetes.io/part-of': 'stampede', // the Deployment asks for `app` as well
  });
  expect(spec).toMatchObject({ serviceAccountName: 'inventory', containers: [{ image: 'stampede/inventory:dev' }] });
  expect(cluster.journal.map(({ kind }) => kind)).toEqual([SICK_EVENT]);
  await active.undo();
  expect(cluster.transcript.at(-1)).toMatch(/^kubectl delete pod inventory-sick /);
});

const RULE = { metadata: { name: 'inventory', resourceVersion: '7' }, spec: {} };

test('without istiod connections are short, and both come back, istiod first', async () => {
  const cluster = new FakeCluster({ destinationrules: { items: [RULE] } });
  const active = await cluster.start(noControlPlane());
  expect(cluster.transcript[0]).toMatch(/^kubectl patch destinationrule inventory .*"maxRequestsPerConnection":10/);
  expect(cluster.transcript[1]).toBe('kubectl scale deployment/istiod --namespace=istio-system --replicas=0');
  const begun = cluster.transcript.length;
  await active.undo();
  expect(cluster.transcript.slice(begun)).toEqual([
    'kubectl scale deployment/istiod --namespace=istio-system --replicas=1',
    expect.stringMatching(/^kubectl rollout status deployment\/istiod/),
    'kubectl replace --filename=-',
  ]);
});

test('istiod that is still there is not seen to be gone', async () => {
  const cluster = new FakeCluster(
    { destinationrules: { items: [RULE] } },
    { 'get pods --selector=app=istiod': 'pod/i' },
  );
  const active = await cluster.start(noControlPlane());
  expect((await active.seen()).value).toBe(0);
});

test('an update goes from one service to the next, and is a whole round or not seen', async () => {
  const cluster = new FakeCluster({}, { 'get deployments': 'deployment.apps/gateway\ndeployment.apps/orders\n' });
  const active = await cluster.start(rollingUpdate());
  await active.ended;
  expect(cluster.transcript.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
    'rollout restart deployment.apps/gateway',
    'rollout status deployment.apps/gateway',
    'rollout restart deployment.apps/orders',
    'rollout status deployment.apps/orders',
  ]);
  expect(await active.seen()).toEqual({ metric: 'services updated', value: 2, least: 2 });
});

test('an update that is stopped finishes the service under way and begins no other', async () => {
  const cluster = new FakeCluster({}, { 'get deployments': 'deployment.apps/gateway\ndeployment.apps/orders\n' });
  const active = await cluster.start(rollingUpdate());
  await active.undo();
  expect(cluster.transcript).toHaveLength(2);
  expect((await active.seen()).value).toBe(1);
});

const node = (name: string) => ({ metadata: { name } });
const pod = (nodeName: string, more: object = {}, labels = {}) => ({
  metadata: { labels },
  spec: { nodeName, ...more },
});
const STORE = { volumes: [{ persistentVolumeClaim: { claimName: 'data' } }] };
const EDGE = { 'gateway.networking.k8s.io/gateway-name': 'edge' };
const nodes = { items: ['a', 'b', 'c'].map(node) };

/** Pods of the shop; the provider and the metrics are on node c. */
function clusterWith(shop: readonly object[]): FakeCluster {
  const cluster = new FakeCluster({ nodes }, { 'get pods': 'pod/orders-1\npod/catalog-1\n' });
  const get = cluster.get.bind(cluster);
  cluster.get = async <T>(args: readonly string[]) => {
    if (args[0] !== 'pods') return get<T>(args);
    return { items: args[1] === '--namespace=stampede' ? shop : [pod('c')] } as T;
  };
  return cluster;
}

test('only a node without a store, the edge and the metrics may be lost', async () => {
  await expect(spareNode(clusterWith([pod('a', STORE), pod('b')]))).resolves.toBe('b');
  await expect(spareNode(clusterWith([pod('b', {}, EDGE), pod('a')]))).resolves.toBe('a');
  await expect(spareNode(clusterWith([pod('a', STORE), pod('b', {}, EDGE)]))).rejects.toThrow('no node');
});

test('a drained node is taken back, a lost one is started and waited for', async () => {
  const cluster = clusterWith([pod('a', STORE), pod('b')]);
  const drained = await cluster.start(drainedNode());
  await drained.undo();
  const lost = await cluster.start(lostZone());
  await lost.undo();
  expect(cluster.transcript).toEqual([
    'kubectl drain b --ignore-daemonsets --delete-emptydir-data --timeout=180s',
    'kubectl uncordon b',
    'docker stop --time=0 b',
    'docker start b',
    'kubectl wait node/b --for=condition=Ready --timeout=180s',
  ]);
  expect(await lost.seen()).toMatchObject({ value: 2, least: 1 });
});
