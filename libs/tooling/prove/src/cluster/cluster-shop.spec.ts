import type { Commands } from '@stampede/cluster';
import { baseline, newSince } from './audit-baseline';
import { isReady } from './cluster-shop';
import { openClusterShop } from './cluster-world';
import { conditionsOf } from './conditions';
import { promqlOf } from './prometheus';
import type { LabCluster } from '@stampede/faults';
import type { OpenShopOptions } from '../world';
import { Unavailable } from '../world';

const SCALER = {
  metadata: { name: 'inventory', uid: 'u', resourceVersion: '1' },
  spec: { minReplicas: 1, maxReplicas: 6 },
};

function clusterWith(objects: Readonly<Record<string, unknown>>): LabCluster {
  return {
    namespace: 'stampede',
    kubectl: async () => 'deployment.apps/gateway\ndeployment.apps/pricing\n',
    get: async ([kind = '', name = '']: readonly string[]) => objects[`${kind}/${name}`],
  } as never;
}

const told = async (options: Parameters<typeof conditionsOf>[1], objects: Readonly<Record<string, unknown>> = {}) =>
  (await conditionsOf(clusterWith(objects), options)).map(({ make, unmake }) => ({
    make: make.map(({ args }) => args.join(' ')),
    unmake: unmake.map(({ args }) => args.join(' ')),
  }));

test('replicas are fixed against the autoscaler, and its bounds come back as they were', async () => {
  const [change] = await conditionsOf(clusterWith({ 'horizontalpodautoscaler/inventory': SCALER }), {
    replicas: { inventory: 2 },
  });
  expect(change?.make.map(({ args }) => args.at(-1))).toEqual([
    '--patch={"spec":{"minReplicas":2,"maxReplicas":2}}',
    '--replicas=2',
  ]);
  expect(change?.unmake[0]?.input).toBe('{"metadata":{"name":"inventory"},"spec":{"minReplicas":1,"maxReplicas":6}}');
});

test('what nobody scales comes back to as many replicas as there were', async () => {
  const [change] = await told({ replicas: { catalog: 2 } }, { 'deployment/catalog': { spec: { replicas: 3 } } });
  expect(change?.unmake).toEqual(['scale deployment/catalog --namespace=stampede --replicas=3']);
});

test('of a service that Flagger releases the copy that answers has so many replicas', async () => {
  const canaries = { items: [{ spec: { targetRef: { name: 'pricing' } } }] };
  const [change] = await told({ replicas: { pricing: 3 } }, { 'canaries.flagger.app/--namespace=stampede': canaries });
  expect(change?.make).toEqual(['scale deployment/pricing-primary --namespace=stampede --replicas=3']);
});

const POD = { containers: [{ name: 'app', resources: { requests: { cpu: '50m', memory: '96Mi' } } }] };

test('what a replica may use of a core is limited, and unlimited again', async () => {
  const [change] = await told(
    { cpuMillis: { pricing: 60 } },
    { 'deployment/pricing': { spec: { template: { spec: POD } } } },
  );
  const cpu = (request: string, limit: string | null) =>
    `"resources":${JSON.stringify({ requests: { cpu: request }, limits: { cpu: limit } })}`;
  expect(change?.make).toEqual([expect.stringContaining(cpu('60m', '60m'))]);
  expect(change?.unmake).toEqual([expect.stringContaining(cpu('50m', null))]);
  await expect(told({ cpuMillis: { refunds: 60 } })).rejects.toThrow('no refunds');
});

test('a protection is taken away when the shop is otherwise as the claim wants it', async () => {
  const objects = { 'deployment/pricing': { spec: { template: { spec: POD } } } };
  const changes = await told({ cpuMillis: { pricing: 60 }, off: 'scale-on-arrivals' }, objects);
  expect(changes.map(({ make }) => make[0]?.split(' ').slice(0, 2).join(' '))).toEqual([
    'patch deployment',
    'scale deployment/keda-operator',
  ]);
});

test('a consumer that scales on lag is held by its own scaler', async () => {
  const [change] = await told({ replicas: { billing: 1 } }, { 'scaledobject/billing': {} });
  expect(change?.make[0]).toMatch(/^annotate scaledobject billing .*paused-replicas=1/);
  expect(change?.unmake[0]).toMatch(/^annotate scaledobject billing .*paused-replicas-$/);
});

test('a protection of the processes is switched off by their environment, in a lab', async () => {
  const [change] = await told({ off: 'retry-budget' });
  expect(change?.make[0]).toBe(
    'set env deployment.apps/gateway deployment.apps/pricing --namespace=stampede STAMPEDE_LAB=1 ' +
      'STAMPEDE_MITIGATIONS_OFF=retry-budget',
  );
  expect(change?.unmake[0]).toMatch(/ STAMPEDE_LAB- STAMPEDE_MITIGATIONS_OFF-$/);
});

test('a variable that a Deployment had before has its value again', async () => {
  const having = (env: object) => ({ spec: { template: { spec: { containers: [{ name: 'app', env: [env] }] } } } });
  const objects = { 'deployment/pricing': having({ name: 'STAMPEDE_LAB', value: '0' }) };
  const [change] = await told({ off: 'retry-budget' }, objects);
  expect(change?.unmake).toEqual([
    'set env deployment.apps/gateway --namespace=stampede STAMPEDE_LAB- STAMPEDE_MITIGATIONS_OFF-',
    'set env deployment.apps/pricing --namespace=stampede STAMPEDE_LAB=0 STAMPEDE_MITIGATIONS_OFF-',
  ]);
  const secret = { 'deployment/pricing': having({ name: 'STAMPEDE_LAB', valueFrom: { secretKeyRef: {} } }) };
  await expect(told({ off: 'retry-budget' }, secret)).rejects.toThrow('STAMPEDE_LAB of deployment.apps/pricing is no');
});

test('of what Flagger releases the copy that answers is changed, for another change would be a release', async () => {
  const canaries = { items: [{ spec: { targetRef: { name: 'pricing' } } }] };
  const [change] = await told({ off: 'retry-budget' }, { 'canaries.flagger.app/--namespace=stampede': canaries });
  expect(change?.make[0]).toContain('deployment.apps/gateway deployment.apps/pricing-primary ');
});

test('without a cluster a claim is unavailable, and nothing is changed', async () => {
  const lines: string[] = [];
  const commands: Commands = async (program, args) => {
    lines.push([program, ...args].join(' '));
    return { code: 1, stdout: '', stderr: 'connection refused' };
  };
  const forward = () => Promise.reject(new Error('no way'));
  const options: OpenShopOptions = { needs: [], folder: '/nowhere', signal: new AbortController().signal };
  await expect(openClusterShop({ root: '/nowhere', commands, forward }, options)).rejects.toThrow(Unavailable);
  expect(lines).toHaveLength(1);
});

const deployment = (status: object) => ({
  metadata: { name: 'orders', generation: 3 },
  spec: { replicas: 2 },
  status: { observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 2, ...status },
});

test('a Deployment is ready when nothing of an older template is left and all serve', () => {
  expect(isReady(deployment({}))).toBe(true);
  expect(isReady(deployment({ replicas: 3 }))).toBe(false);
  expect(isReady(deployment({ readyReplicas: 1 }))).toBe(false);
  expect(isReady(deployment({ observedGeneration: 2 }))).toBe(false);
  const asleep = { ...deployment({}), spec: { replicas: 0 }, status: { observedGeneration: 3 } };
  expect(isReady(asleep)).toBe(true);
});

const violation = (subject: string) => ({ subject, expected: '1', actual: '2' });
const report = (...subjects: string[]) => ({
  checkedAt: '2026-06-11T18:00:00Z',
  invariants: [
    { id: 'C2' as const, holds: subjects.length === 0, checked: 9, inFlight: 0, violations: subjects.map(violation) },
  ],
});

test('old wounds of a shop are not held against a run, new ones are', () => {
  expect(newSince(report('old'), report('old'))?.invariants[0]).toMatchObject({ holds: true, violations: [] });
  expect(newSince(report('old'), report('old', 'new'))?.invariants[0]).toMatchObject({
    holds: false,
    violations: [violation('new')],
  });
});

test('a shop with more old wounds than an audit tells is no shop for a run', () => {
  const wounds = (count: number) => report(...Array.from({ length: count }, (_, index) => `old ${index}`));
  expect(baseline(wounds(99))).toEqual(wounds(99));
  expect(() => baseline(wounds(100))).toThrow(Unavailable);
  expect(() => baseline(wounds(100))).toThrow(/^C2 is violated 100 times .*: hand the shop over clean$/);
});

test('a figure of the shop is one of its own pods', () => {
  expect(promqlOf('stampede_shed_total', 'stampede', { service: 'gateway', labels: { class: 'a"b' } })).toBe(
    'sum(stampede_shed_total{namespace="stampede",service="gateway",class="a\\"b"})',
  );
});
