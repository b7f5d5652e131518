import { FakeCluster } from '../../test/fake-cluster';
import { drainedNode, lostZone } from './lost-zone';
import { manifestFault } from './manifest-fault';
import { noControlPlane } from './no-control-plane';
import { rollingUpdate } from './rolling-update';
import { SICK_EVENT, sickReplica } from './sick-replica';
import { sickService } from './sick-service';
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

test('a sick replica is in Service and policies, near its caller, and is none of the Deployment', async () => {
  const cluster = new FakeCluster({ 'deployment/inventory': image }, { 'name=gateway': 'b c' });
  let manifest = '';
  const change = cluster.change.bind(cluster);
  cluster.change = (what) => {
    manifest = what.make[0]?.input ?? '';
    return change(what);
  };
  const active = await cluster.start(sickReplica('inventory', { caller: 'gateway' }));
  const { metadata, spec } = JSON.parse(manifest) as { metadata: { labels: object }; spec: Record<string, unknown> };
  expect(metadata.labels).toEqual({
    'app.kubernetes.io/name': 'inventory',
    'app.kubernetes.io/part-of': 'stampede', // the Deployment asks for `app` as well
  });
  expect(spec).toMatchObject({
    ...{ serviceAccountName: 'inventory', nodeSelector: { 'kubernetes.io/hostname': 'b' } },
    containers: [{ image: 'stampede/inventory:dev' }],
  });
  expect(cluster.journal.map(({ kind }) => kind)).toEqual([SICK_EVENT]);
  await active.undo();
  expect(cluster.transcript.at(-1)).toMatch(/^kubectl delete pod inventory-sick /);
});

test('a service that refuses everybody is one sick replica that gets all calls', async () => {
  const cluster = new FakeCluster({ 'deployment/inventory': image });
  let manifest = '';
  const change = cluster.change.bind(cluster);
  cluster.change = (what) => {
    manifest = what.make[0]?.input ?? '';
    return change(what);
  };
  const active = await cluster.start(sickService('inventory'));
  const { metadata, spec } = JSON.parse(manifest) as { metadata: object; spec: { containers: [{ args: string[] }] } };
  expect(metadata).toMatchObject({ labels: { 'app.kubernetes.io/name': 'inventory', 'stampede/sick': 'true' } });
  expect(spec.containers[0].args.join(' ')).toContain('"retry-after":"0"');
  cluster.figure = 31;
  await active.undo();
  const PATCH = 'kubectl patch service inventory --namespace=stampede --type=merge';
  const selects = (label: string) => `${PATCH} --patch={"spec":{"selector":{"stampede/sick":${label}}}}`;
  expect(cluster.transcript.slice(2)).toEqual([
    selects('"true"'),
    selects('null'),
    'kubectl delete pod inventory-sick --namespace=stampede --ignore-not-found --wait=false',
  ]);
  expect(await active.seen()).toMatchObject({ value: 31, least: 30 });
});

test('without a caller there is no place for a sick replica', async () => {
  const cluster = new FakeCluster({ 'deployment/inventory': image });
  await expect(cluster.start(sickReplica('inventory', { caller: 'gateway' }))).rejects.toThrow('no pod of gateway');
});

const RULE = { metadata: { name: 'inventory', resourceVersion: '7' }, spec: {} };

test('without istiod connections are short, and both come back, istiod first', async () => {
  const cluster = new FakeCluster({ destinationrules: { items: [RULE] } });
  const active = await cluster.start(noControlPlane({ heardMs: 0 }));
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
  const active = await cluster.start(noControlPlane({ heardMs: 0 }));
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

/** Two pods on the node, until it is drained; one stays where the drain gives up. */
class NodeCluster extends FakeCluster {
  stubborn = false;
  private drained = false;

  override async kubectl(args: readonly string[]): Promise<string> {
    const left = this.drained ? (this.stubborn ? 1 : 0) : 2;
    if (args[0] === 'get') return 'pod/orders-1\n'.repeat(left);
    this.drained ||= args[0] === 'drain';
    await super.kubectl(args);
    if (args[0] === 'drain' && this.stubborn) throw new Error('timed out');
    return '';
  }
}

/** Pods of the shop; the provider and the metrics are on node c, and so is istiod. */
function clusterWith(shop: readonly object[], istiod = 'c'): FakeCluster {
  const cluster = new NodeCluster({ nodes });
  const get = cluster.get.bind(cluster);
  cluster.get = async <T>(args: readonly string[]) => {
    if (args[0] !== 'pods') return get<T>(args);
    const mesh = [pod(istiod, {}, { app: 'istiod' }), ...nodes.items.map(({ metadata }) => pod(metadata.name))];
    const others = args[1] === '--namespace=istio-system' ? mesh : [pod('c')];
    return { items: args[1] === '--namespace=stampede' ? shop : others } as T;
  };
  return cluster;
}

test('only a node without a store, the edge, istiod and the metrics may be lost', async () => {
  await expect(spareNode(clusterWith([pod('a', STORE), pod('b')]))).resolves.toBe('b');
  await expect(spareNode(clusterWith([pod('b', {}, EDGE), pod('a')]))).resolves.toBe('a');
  await expect(spareNode(clusterWith([pod('a', STORE), pod('b', {}, EDGE)]))).rejects.toThrow('on every node');
  await expect(spareNode(clusterWith([pod('a', STORE), pod('b')], 'b'))).rejects.toThrow('on every node');
});

test('a drained node is taken back, a lost one is started and waited for', async () => {
  const cluster = clusterWith([pod('a', STORE), pod('b')]);
  const lost = await cluster.start(lostZone());
  await lost.undo();
  const drained = await cluster.start(drainedNode());
  await drained.undo();
  expect(cluster.transcript).toEqual([
    'docker stop --time=0 b',
    'docker start b',
    'kubectl wait node/b --for=condition=Ready --timeout=180s',
    expect.stringMatching(/^wait pods .*--field-selector=spec.nodeName=b --for=condition=Ready/),
    'kubectl cordon b',
    'drain b --ignore-daemonsets --delete-emptydir-data --timeout=120s',
    'kubectl uncordon b',
  ]);
  expect(await lost.seen()).toMatchObject({ value: 2, least: 1 });
  expect(await drained.seen()).toMatchObject({ value: 2, least: 1 });
});

test('pods that may run nowhere else stay on a drained node, and that is told', async () => {
  const cluster = clusterWith([pod('a', STORE), pod('b')]) as NodeCluster;
  cluster.stubborn = true;
  const drained = await cluster.start(drainedNode());
  expect(await drained.seen()).toMatchObject({ value: 1 });
  expect(cluster.journal).toEqual([
    { kind: 'the drain gave up', detail: { why: 'Error: timed out' } },
    { kind: 'drained', detail: { node: 'b', pods: 2, left: 1 } },
  ]);
});
