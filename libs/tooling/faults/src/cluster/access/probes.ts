import { RESTRICTED_POD, imageOf, scriptContainer } from '../deployments';
import type { Change, LabCluster } from '../lab-cluster';
import type { Asker } from './cell';

const WAITS = 'process.once("SIGTERM", () => process.exit(0)); setInterval(() => undefined, 1e6);';
const PROBE = 'stampede/probe';
const STARTS = '--timeout=240s';
const TRAFFIC_PORT = 8080;

export function podOf({ name }: Asker): string {
  return `probe-${name}`;
}

/** A namespace of the mesh that is not the shop's. */
export function elsewhereOf({ namespace }: LabCluster): string {
  return `${namespace}-elsewhere`;
}

/**
 * A pod for each asker, and a network that lets those with a certificate, and the one without, reach everybody: what
 * keeps them out then is the mesh alone. The bare ones have the labels that the network goes by and nothing else; they
 * are never ready, so that no Service sends them a buyer.
 */
export async function probes(cluster: LabCluster, mesh: readonly Asker[], bare: readonly Asker[]): Promise<Change> {
  const image = await imageOf(cluster, 'pricing');
  const elsewhere = elsewhereOf(cluster);
  const namespaceOf = ({ namespace }: Asker) => (namespace === 'shop' ? cluster.namespace : elsewhere);
  const pods = [
    ...mesh.map((asker) => meshPod(asker, namespaceOf(asker), image)),
    ...bare.map((asker) => barePod(asker, namespaceOf(asker), image)),
  ];
  const accounts = mesh
    .filter(({ namespace }) => namespace === 'elsewhere')
    .map(({ account }) => object('v1', 'ServiceAccount', account, elsewhere, {}));
  const input = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: elsewhere, labels: { 'istio-injection': 'enabled' } } },
    ...accounts,
    ...ways(cluster.namespace, elsewhere),
    ...pods,
  ]
    .map((each) => JSON.stringify(each))
    .join('\n---\n');
  const [inShop, outside] = [`--namespace=${cluster.namespace}`, `--namespace=${elsewhere}`];
  const ready = ['wait', 'pods', '--for=condition=ContainersReady', `--selector=${PROBE}`, STARTS];
  const gone = [`--selector=${PROBE}`, '--ignore-not-found', '--wait=false'];
  return {
    name: 'pods that ask what they may',
    make: [
      { args: ['create', 'namespace', elsewhere] },
      { args: ['apply', '--server-side', '--force-conflicts', '--filename=-'], input },
      { args: [...ready, inShop] },
      { args: [...ready, outside] },
    ],
    unmake: [
      { args: ['delete', 'pods', inShop, ...gone] },
      { args: ['delete', 'networkpolicies', inShop, ...gone] },
      { args: ['delete', 'namespace', elsewhere, '--ignore-not-found'] },
    ],
  };
}

function meshPod({ name, account, mesh }: Asker, namespace: string, image: string): unknown {
  const labels = { [PROBE]: 'mesh', 'sidecar.istio.io/inject': String(mesh) };
  return object('v1', 'Pod', `probe-${name}`, namespace, {
    labels,
    spec: { ...RESTRICTED_POD, serviceAccountName: account, containers: [scriptContainer(image, WAITS)] },
  });
}

function barePod({ name, account }: Asker, namespace: string, image: string): unknown {
  const as =
    account === 'edge'
      ? { 'gateway.networking.k8s.io/gateway-name': account }
      : { ...(account === 'stranger' ? {} : { 'app.kubernetes.io/name': account }) };
  return object('v1', 'Pod', `probe-${name}`, namespace, {
    labels: { ...as, [PROBE]: 'bare', 'sidecar.istio.io/inject': 'false' },
    spec: {
      ...RESTRICTED_POD,
      readinessGates: [{ conditionType: 'stampede/never' }],
      containers: [scriptContainer(image, WAITS)],
    },
  });
}

/** For askers of the mesh the network is open, or it would be the network that keeps them out. */
function ways(shop: string, elsewhere: string): unknown[] {
  const askers = { matchLabels: { [PROBE]: 'mesh' } };
  const labels = { [PROBE]: 'mesh' };
  const api = 'networking.k8s.io/v1';
  const fromElsewhere = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': elsewhere } } };
  return [
    object(api, 'NetworkPolicy', 'probes-out', shop, {
      labels,
      spec: { podSelector: askers, policyTypes: ['Egress'], egress: [{}] },
    }),
    object(api, 'NetworkPolicy', 'probes-in', shop, {
      labels,
      spec: {
        podSelector: {},
        policyTypes: ['Ingress'],
        ingress: [
          {
            from: [{ podSelector: askers }, { ...fromElsewhere, podSelector: askers }],
            ports: [{ protocol: 'TCP', port: TRAFFIC_PORT }],
          },
        ],
      },
    }),
  ];
}

function object(
  apiVersion: string,
  kind: string,
  name: string,
  namespace: string,
  { labels, ...rest }: { readonly labels?: Readonly<Record<string, string>>; readonly spec?: unknown },
): unknown {
  return { apiVersion, kind, metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) }, ...rest };
}
