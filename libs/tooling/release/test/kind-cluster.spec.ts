import { resolve } from 'node:path';
import type { Commands } from '@stampede/cluster';
import { clusterOver } from '../src/kind-cluster';
import type { ApiServer } from '../src/api-server';

const root = resolve(__dirname, '../../../..');
const CANARY = '/apis/flagger.app/v1beta1/namespaces/stampede/canaries/pricing';
const PRICING = '/apis/apps/v1/namespaces/stampede/deployments/pricing';
const ROUTE = '/apis/gateway.networking.k8s.io/v1/namespaces/stampede/httproutes/pricing';

/** A cluster with these objects; what is asked of it besides is kept. */
function clusterWith(objects: Readonly<Record<string, object>>) {
  const asked: { method: string; path: string; body: unknown }[] = [];
  const ran: { line: string; input: string | undefined }[] = [];
  const ask: ApiServer = (method, path, body) => {
    asked.push({ method, path, body });
    const found = objects[path.split('?')[0] ?? ''];
    if (method !== 'GET') return Promise.resolve({ status: 200, text: '{}' });
    return Promise.resolve(
      found === undefined ? { status: 404, text: '' } : { status: 200, text: JSON.stringify(found) },
    );
  };
  const commands: Commands = (program, args, { input } = {}) => {
    ran.push({ line: [program, ...args].join(' '), input });
    return Promise.resolve({ code: 0, stdout: '', stderr: '' });
  };
  return { asked, ran, cluster: clusterOver(root, commands, ask) };
}

const deployment = (changes: object, env: object[] = []) => ({
  spec: { replicas: 1, template: { spec: { containers: [{ name: 'app', image: 'stampede/pricing:dev', env }] } } },
  status: changes,
});

test('the version that answers is that of Flagger’s copy, and of pricing where there is none yet', async () => {
  const copy = deployment({}, [{ name: 'PRICING_VERSION', value: 'v2' }]);
  const { cluster } = clusterWith({ [`${PRICING}-primary`]: copy, [PRICING]: deployment({}) });
  expect(await cluster.version()).toBe('v2');
  expect(await clusterWith({ [PRICING]: deployment({}) }).cluster.version()).toBe('v1');
  await expect(clusterWith({}).cluster.version()).rejects.toThrow('there is no shop on the cluster');
});

test('a look sees Flagger’s phase, the weight of the route, and since when no replica serves', async () => {
  const conditions = [{ type: 'Available', status: 'False', lastTransitionTime: '2026-11-25T12:00:00Z' }];
  const { cluster } = clusterWith({
    [CANARY]: { status: { phase: 'Progressing', canaryWeight: 2, iterations: 0, failedChecks: 1 } },
    [ROUTE]: {
      spec: {
        rules: [
          {
            backendRefs: [
              { name: 'pricing-primary', weight: 98 },
              { name: 'pricing-canary', weight: 2 },
            ],
          },
          { backendRefs: [{ name: 'pricing-primary' }] },
        ],
      },
    },
    [PRICING]: deployment({ conditions }),
  });
  expect(await cluster.look()).toEqual({
    ...{ phase: 'Progressing', weight: 2, iterations: 0, failedChecks: 1, ready: false },
    unreadySinceMs: Date.parse('2026-11-25T12:00:00Z'),
  });
});

test('a new version is wanted by changing what pricing runs, and only a wrong one is put into a lab', async () => {
  const { cluster, asked } = clusterWith({});
  await cluster.want('v2-cent', true);
  await cluster.want('v2', false);
  const env = (lab: string, version: string) => [
    { name: 'PRICING_VERSION', value: version },
    { name: 'STAMPEDE_LAB', value: lab },
  ];
  expect(asked.map(({ body }) => body)).toMatchObject([
    { spec: { template: { spec: { containers: [{ name: 'app', env: env('1', 'v2-cent') }] } } } },
    { spec: { template: { spec: { containers: [{ name: 'app', env: env('0', 'v2') }] } } } },
  ]);
});

test('the same version again is another release: Flagger sees a change', async () => {
  const { cluster, asked } = clusterWith({});
  jest.useFakeTimers();
  await cluster.want('v2-cent', true);
  jest.advanceTimersByTime(1);
  await cluster.want('v2-cent', true);
  jest.useRealTimers();
  expect(asked[0]?.body).not.toEqual(asked[1]?.body);
});

test('no release begins while another goes on', async () => {
  const { cluster, ran } = clusterWith({ [CANARY]: { status: { phase: 'Promoting' } } });
  await expect(cluster.prepare('{}', new AbortController().signal)).rejects.toThrow(
    'another release of pricing goes on',
  );
  expect(ran).toEqual([]);
});

test('a gate is opened and shut where Flagger looks, by the name of the release', async () => {
  const { cluster, asked } = clusterWith({});
  await cluster.set('gate', true);
  await cluster.set('rollback', false);
  expect(asked.map(({ path }) => path.split('proxy')[1])).toEqual(['/gate/open', '/rollback/close']);
  expect(asked[0]?.body).toEqual({ name: 'pricing', namespace: 'stampede' });
});

test('the load runs in the image that pricing runs in, and is taken away whole', async () => {
  const { cluster, ran } = clusterWith({ [PRICING]: deployment({}) });
  const targets = [{ url: 'http://pricing:8080' }];
  await cluster.load({ targets, requestsPerSecond: 200 });
  await cluster.load(undefined);
  const [applied, , deleted] = ran.map(({ input }) => JSON.parse(input ?? '{"items":[]}').items as { kind: string }[]);
  expect(JSON.stringify(applied)).toContain('"image":"stampede/pricing:dev"');
  expect(JSON.stringify(applied)).toContain('\\"requestsPerSecond\\":200');
  expect(deleted?.map(({ kind }) => kind)).toEqual(applied?.map(({ kind }) => kind));
});
