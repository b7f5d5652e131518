import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PROVIDER, SERVICES, peerUrlsVariable } from '@stampede/topology';
import { parse, parseAllDocuments } from 'yaml';

const root = resolve(__dirname, '../../../..');
/** Longest that a process takes to stop by itself, as libs/service-kit/src/process-life.ts says. */
const STOP_DEADLINE_S = 25;
const names = SERVICES.map(({ name }) => name);

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { name: string; value?: string; valueFrom?: object }[];
  readonly securityContext?: object;
  readonly resources?: { requests?: object; limits?: { memory?: string } };
  readonly lifecycle?: { preStop?: { sleep?: { seconds: number } } };
}
interface PodSpec {
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly topologySpreadConstraints?: readonly { topologyKey: string; whenUnsatisfiable: string; maxSkew: number }[];
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { name: string; namespace?: string; labels?: Readonly<Record<string, string>> };
  readonly spec: {
    selector?: Readonly<Record<string, string>> & { matchLabels?: Readonly<Record<string, string>> };
    scaleTargetRef?: { name: string };
    template?: { metadata: { labels: Readonly<Record<string, string>> }; spec: PodSpec };
  };
}

const kubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0;
const rendered = new Map<string, readonly Manifest[]>();

/** An overlay as the cluster gets it; each is rendered once. */
function overlay(name: string): readonly Manifest[] {
  const known = rendered.get(name);
  if (known !== undefined) return known;
  const run = spawnSync('kubectl', ['kustomize', join(root, 'k8s/overlays', name)], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const manifests = parseAllDocuments(run.stdout).map((document) => document.toJS() as Manifest);
  rendered.set(name, manifests);
  return manifests;
}

const ofKind = (manifests: readonly Manifest[], kind: string) => manifests.filter((each) => each.kind === kind);
const podsOf = (manifests: readonly Manifest[]) =>
  manifests.flatMap(({ metadata, spec }) =>
    spec?.template === undefined ? [] : [{ name: metadata.name, ...spec.template, pod: spec.template.spec }],
  );
const matches = (selector: object, labels: Readonly<Record<string, string>>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

// A machine without kubectl has no cluster either; where the shop is taken to one, these run.
(kubectl ? describe : describe.skip).each(['kind', 'zones', 'production'])('the overlay %s', (name) => {
  const manifests = (): readonly Manifest[] => overlay(name);

  test('has each service once, with an account, a Service and a disruption budget of its own', () => {
    const shop = (kind: string) =>
      ofKind(manifests(), kind)
        .filter(({ metadata }) => metadata.namespace === 'stampede')
        .map(({ metadata }) => metadata.name)
        .filter((each) => names.includes(each))
        .toSorted();
    for (const kind of ['Deployment', 'ServiceAccount', 'Service', 'PodDisruptionBudget'])
      expect([kind, ...shop(kind)]).toEqual([kind, ...names.toSorted()]);
    for (const { name: deployment, pod } of podsOf(ofKind(manifests(), 'Deployment')))
      expect([deployment, pod.serviceAccountName]).toEqual([deployment, deployment]);
  });

  test('tells a service the addresses of those it calls, and no others', () => {
    for (const service of SERVICES) {
      const { pod } = podsOf(ofKind(manifests(), 'Deployment')).find((each) => each.name === service.name)!;
      const urls = pod.containers[0]?.env?.filter(({ name: variable }) => variable.endsWith('_URLS')) ?? [];
      expect([service.name, ...urls.map(({ name: variable, value }) => `${variable}=${value}`).toSorted()]).toEqual([
        service.name,
        ...service.calls.map((peer) => `${peerUrlsVariable(peer)}=http://${peer}:8080`).toSorted(),
      ]);
    }
  });

  test('lets no secret of a store near a service that has no use for it', () => {
    for (const service of SERVICES) {
      const { pod } = podsOf(ofKind(manifests(), 'Deployment')).find((each) => each.name === service.name)!;
      const secret = JSON.stringify(pod).includes('database-url');
      expect([service.name, secret]).toEqual([service.name, service.database || service.name === 'audit']);
    }
  });

  test('enforces restricted pod security, and every pod keeps to it', () => {
    for (const { metadata } of ofKind(manifests(), 'Namespace'))
      expect(metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    for (const { pod } of podsOf(manifests())) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container).toMatchObject({
          resources: {
            requests: { cpu: expect.anything(), memory: expect.anything() },
            limits: { memory: expect.anything() },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        });
      }
    }
  });

  test('gives a pod that goes time to leave every list of addresses and to finish', () => {
    for (const { pod } of podsOf(ofKind(manifests(), 'Deployment'))) {
      const lookAwayS = pod.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0;
      expect(lookAwayS).toBeGreaterThanOrEqual(5);
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(lookAwayS + STOP_DEADLINE_S);
    }
  });

  test('selects by every selector the pods of one workload', () => {
    const pods = podsOf(manifests());
    for (const { kind, metadata, spec } of manifests()) {
      if (kind !== 'Service' && kind !== 'PodDisruptionBudget') continue;
      const selector = kind === 'Service' ? spec.selector! : spec.selector!.matchLabels!;
      const found = pods.filter(({ metadata: { labels } }) => matches(selector, labels)).map((each) => each.name);
      expect([kind, ...found]).toEqual([kind, metadata.name]);
    }
  });

  test('scales workloads that are there, by one scaler each', () => {
    const deployments = ofKind(manifests(), 'Deployment').map(({ metadata }) => metadata.name);
    const scaled = [...ofKind(manifests(), 'HorizontalPodAutoscaler'), ...ofKind(manifests(), 'ScaledObject')];
    const targets = scaled.map(({ spec }) => spec.scaleTargetRef?.name ?? '');
    expect(deployments).toEqual(expect.arrayContaining(targets));
    expect(new Set(targets).size).toBe(targets.length);
    expect(scaled.map(({ metadata }) => metadata.name)).toEqual(targets);
  });
});

(kubectl ? test : test.skip).each(['zones', 'production'])(
  '%s: no two replicas of a service share a zone while another has none',
  (name) => {
    for (const service of podsOf(ofKind(overlay(name), 'Deployment')).filter((each) => names.includes(each.name))) {
      const [byZone] = service.pod.topologySpreadConstraints ?? [];
      expect([service.name, byZone]).toEqual([
        service.name,
        expect.objectContaining({
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'DoNotSchedule',
          maxSkew: 1,
        }),
      ]);
    }
  },
);

describe('what is pinned', () => {
  const versions = parse(readFileSync(join(root, 'k8s/versions.yaml'), 'utf8')) as {
    images: { stores: string[]; platform: string[] };
  };
  const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
    services: Record<string, { image: string; ports?: string[]; environment?: Record<string, string> }>;
  };

  (kubectl ? test : test.skip)('the stores of the cluster are the versions of the one list', () => {
    const images = podsOf(ofKind(overlay('kind'), 'StatefulSet')).map(({ pod }) => pod.containers[0]?.image);
    expect(images.toSorted()).toEqual(versions.images.stores.toSorted());
  });

  test('what stands beside the shop is of the versions of the one list', () => {
    const texts = globSync('k8s/{observability,release}/*.yaml', { cwd: root }).map((file) =>
      readFileSync(join(root, file), 'utf8'),
    );
    const manifests = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest));
    const images = podsOf(manifests).flatMap(({ pod }) => pod.containers.map(({ image }) => image));
    const foreign = images.filter((image) => !image.startsWith('stampede/'));
    expect(foreign).not.toEqual([]);
    expect(versions.images.platform).toEqual(expect.arrayContaining(foreign));
  });

  test('compose has the same stores', () => {
    const { postgres, redis, kafka } = compose.services;
    expect([postgres, redis, kafka].map((store) => store?.image).toSorted()).toEqual(versions.images.stores.toSorted());
  });

  test('compose has every process of the shop, told of those it calls, and opens ports to this machine alone', () => {
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining([...names, PROVIDER.name]));
    for (const { name, calls } of SERVICES) {
      const told = Object.entries(compose.services[name]?.environment ?? {}).filter(([key]) => key.endsWith('_URLS'));
      const wanted = calls.map((peer) => [peerUrlsVariable(peer), `http://${peer}:8080`]);
      expect([name, ...told.toSorted()]).toEqual([name, ...wanted.toSorted()]);
    }
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    expect(ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
  });

  test.each([...names, PROVIDER.name])('what differs of %s is said in 30 lines', (name) => {
    const folder = name === PROVIDER.name ? 'k8s/provider' : `k8s/services/${name}`;
    expect(readFileSync(join(root, folder, 'kustomization.yaml'), 'utf8').split('\n').length - 1).toBeLessThan(31);
  });
});
