import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { FakeCluster } from '../../test/fake-cluster';
import { RISE_EVENTS, crowdRises } from './crowd-rises';
import type { Scaling } from './scaling';

/** Waits for nothing: whoever asks for a pause gets it when the test says that the time has come. */
class FakeClock {
  private atMs = 0;
  private sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];
  readonly now = () => this.atMs;

  readonly delay = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('stopped')));
      if (signal.aborted) reject(new Error('stopped'));
      this.sleepers.push({ untilMs: this.atMs + ms, wake: resolve });
    });

  async to(ms: number): Promise<void> {
    await settled();
    this.atMs = ms;
    const awake = this.sleepers.filter(({ untilMs }) => untilMs <= ms);
    this.sleepers = this.sleepers.filter(({ untilMs }) => untilMs > ms);
    for (const { wake } of awake) wake();
    await settled();
  }
}

/** Until nothing is left to do at once. */
const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

const SHAPE = { multiples: [1, 1, 2, 10], stepMs: 10_000, topMs: 20_000, calmSteps: 2 };
const scaler = { kind: 'HorizontalPodAutoscaler', metadata: { name: 'own', uid: 'u' }, spec: {} };

function begin(scaledBy: readonly Scaling[], deployments = 'deployment.apps/gateway\n', canaries: object[] = []) {
  const cluster = new FakeCluster(
    {
      horizontalpodautoscaler: scaler,
      deployment: { spec: { replicas: 5 } },
      'canaries.flagger.app': { items: canaries },
    },
    { 'get deployments': deployments },
  );
  const clock = new FakeClock();
  const fault = crowdRises({ shape: SHAPE, scaledBy, replicas: { gateway: 7 } }, clock);
  return { cluster, clock, started: cluster.start(fault) };
}

const GONE = 'kubectl delete horizontalpodautoscaler gateway --namespace=stampede';
const ON_SALE = 'k8s/scaling/on-sale';
const taken = (file: string) => [
  `kubectl delete --filename=${ON_SALE}/${file} --ignore-not-found --timeout=30s`,
  'kubectl delete horizontalpodautoscaler keda-hpa-gateway --namespace=stampede --ignore-not-found',
  'kubectl scale deployment/gateway --namespace=stampede --replicas=1',
];
const FEWEST =
  'kubectl patch scaledobject gateway --namespace=stampede --type=merge --patch={"spec":{"minReplicaCount":7}}';

test('each rise has another one who scales, from one replica on, and in the end the service has its own', async () => {
  const { cluster, clock, started } = begin(['arrivals', 'stock', 'announced']);
  const active = await started;
  await clock.to(40_000); // the first rise leaves its calm steps out
  await clock.to(60_000);
  await clock.to(100_000);
  await active.undo();
  await active.undo();
  expect(cluster.transcript).toEqual([
    GONE,
    `kubectl apply --filename=${ON_SALE}/arrivals.yaml`,
    ...taken('arrivals.yaml'),
    `kubectl apply --filename=${ON_SALE}/stock.yaml`,
    ...taken('stock.yaml'),
    `kubectl apply --filename=${ON_SALE}/arrivals.yaml`,
    FEWEST,
    ...taken('arrivals.yaml'),
    'kubectl apply --server-side --force-conflicts --filename=-',
  ]);
  const rise = (scaledBy: Scaling) => ({
    kind: RISE_EVENTS.rise,
    detail: { scaledBy, lastsMs: 40_000, doubledAfterMs: 0 },
  });
  const scaleIn = (scaledBy: Scaling) => ({ kind: RISE_EVENTS.scaleIn, detail: { scaledBy, replicas: 4 } });
  expect(cluster.journal).toEqual([
    rise('arrivals'),
    scaleIn('arrivals'),
    rise('stock'),
    scaleIn('stock'),
    scaleIn('announced'), // its rise had not begun
  ]);
});

test('whoever scales only when the crowd is there already makes the run mean nothing', async () => {
  const { clock, started } = begin(['arrivals', 'stock']);
  const active = await started;
  const ended = expect(active.ended).rejects.toThrow('stock scaled only 11 s into the rise');
  await clock.to(71_000); // of a machine that slept
  await ended;
  await active.undo();
});

test('a service that is being released has a copy with a scaler of its own, and is left alone', async () => {
  const canary = { spec: { targetRef: { name: 'gateway' } } };
  const { cluster, started } = begin(['arrivals'], 'deployment.apps/gateway\n', [canary]);
  await expect(started).rejects.toThrow('gateway is being released');
  expect(cluster.transcript).toEqual([]);
});

test('a crowd that did not grow is not seen, whatever the shop made of it', async () => {
  const { clock, started } = begin(['arrivals']);
  const active = await started;
  await clock.to(40_000);
  await active.undo();
  const calls = (perSecond: number, fromS: number, toS: number) =>
    Array.from({ length: (toS - fromS) * perSecond }, (_, index) => ({
      atMs: fromS * 1_000 + (index * 1_000) / perSecond,
      attempt: 1,
    }));
  const load = (atTheTop: number) => ({
    calls: [...calls(2, 0, 10), ...calls(atTheTop, 30, 50)], // the fault begins after 10 s, its top is from 20 s on
    ...{ told: [], fromMs: 10_000, toMs: 50_000 },
  });
  await expect(active.seen(load(20))).resolves.toMatchObject({ value: 10, least: 5 });
  await expect(active.seen(load(2))).resolves.toMatchObject({ value: 1, least: 5 });
  await expect(active.seen()).resolves.toMatchObject({ value: 0 });
});

interface Manifest {
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly scaleTargetRef: { readonly name: string };
    readonly triggers?: readonly { readonly metadata: { readonly query: string } }[];
  };
}
const read = (file: string) =>
  parseAllDocuments(readFileSync(join(resolve(__dirname, '../../../../..'), ON_SALE, file), 'utf8')).map(
    (document) => document.toJS() as Manifest,
  );

test('the stock HPA may have as many replicas as what it is compared with', () => {
  const bounds = (file: string, least: string, most: string) =>
    read(file).map(({ spec }) => [spec.scaleTargetRef.name, spec[least], spec[most]]);
  expect(bounds('stock.yaml', 'minReplicas', 'maxReplicas')).toEqual(
    bounds('arrivals.yaml', 'minReplicaCount', 'maxReplicaCount'),
  );
});

test('each service is scaled by what comes to itself', () => {
  for (const { spec } of read('arrivals.yaml')) {
    expect(spec.triggers?.length).toBeGreaterThan(0);
    for (const { metadata } of spec.triggers ?? [])
      expect(metadata.query).toContain(`destination_service_name="${spec.scaleTargetRef.name}"`);
  }
});
