import { PROVIDER } from '@stampede/topology';
import { asTheyAre, type Change, type LabCluster } from '../lab-cluster';

/** One thing that one policy allows. */
export interface PolicyLine {
  /** Name of the policy, of which one line at a time can be gone. */
  readonly policy: string;
  /** For people: `inventory-from-orders POST /holds/{*}/claim`. */
  readonly words: string;
  /** Which of the two walls. */
  readonly wall: 'mesh' | 'network';
  /** How kubectl takes it away. */
  readonly remove: readonly string[];
  /** The whole policy as it is. */
  readonly manifest: string;
}

/** The cluster without these lines, each of another policy. */
export function withoutLines(lines: readonly PolicyLine[]): Change {
  const input = lines.map(({ manifest }) => manifest).join('\n---\n');
  return {
    name: `without ${lines.map(({ words }) => words).join(', ')}`,
    make: lines.map(({ remove }) => ({ args: remove })),
    unmake: [{ args: ['apply', '--server-side', '--force-conflicts', '--filename=-'], input }],
  };
}

interface Named {
  readonly metadata: { readonly name: string };
}
interface MeshPolicy extends Named {
  readonly spec: {
    readonly rules?: readonly {
      readonly to?: readonly {
        readonly operation: { readonly methods?: readonly string[]; readonly paths?: readonly string[] };
      }[];
    }[];
  };
}
type Way = 'ingress' | 'egress';
interface NetworkPolicy extends Named {
  readonly spec: Readonly<
    Partial<Record<Way, readonly { readonly from?: readonly unknown[]; readonly to?: readonly unknown[] }[]>>
  >;
}

/** Of no service, store or edge, whom the matrix is about: names, telemetry, the mesh's own ways. */
const FOR_ALL = ['deny-all', 'names', 'mesh-control', 'to-and-from-waypoint', 'waypoint', 'telemetry'];
/** Those of the lab's askers. */
const OF_THE_LAB = ['probes-in', 'probes-out'];
/** A peer whom no asker stands for: what scales the consumers. */
const NOT_ASKED = '"kubernetes.io/metadata.name":"keda"';

/** Every line of the mesh's and the network's policies, as they are on the cluster. */
export async function policyLines(cluster: LabCluster): Promise<PolicyLine[]> {
  const mesh = await asTheyAre(cluster, ['authorizationpolicies.security.istio.io']);
  const network = await Promise.all(
    [cluster.namespace, PROVIDER.name].map((namespace) => asTheyAre(cluster, ['networkpolicies'], namespace)),
  );
  return [...mesh.flatMap((text) => linesOfMesh(cluster, text)), ...network.flat().flatMap(linesOfNetwork)];
}

function linesOfMesh({ namespace }: LabCluster, text: string): PolicyLine[] {
  const policy = JSON.parse(text) as MeshPolicy;
  const { name } = policy.metadata;
  const operations = (policy.spec.rules ?? []).flatMap((rule, r) =>
    (rule.to ?? []).flatMap(({ operation: { methods = [], paths = [] } }, o) =>
      paths.map((path, p) => {
        // a list must not be empty: with its last path the operation goes, with its last operation the policy
        const last = paths.length === 1 ? `/spec/rules/${r}/to/${o}` : `/spec/rules/${r}/to/${o}/operation/paths/${p}`;
        const isAll = paths.length === 1 && rule.to?.length === 1;
        return { words: `${name} ${methods.join()} ${path}`, remove: isAll ? undefined : last };
      }),
    ),
  );
  const whole = operations.length === 0 ? [{ words: name, remove: undefined }] : operations;
  return whole.map(({ words, remove }) => {
    const target = ['authorizationpolicies.security.istio.io', name, `--namespace=${namespace}`];
    const make =
      remove === undefined
        ? ['delete', ...target]
        : ['patch', ...target, '--type=json', `--patch=${JSON.stringify([{ op: 'remove', path: remove }])}`];
    return { policy: name, words, wall: 'mesh', remove: make, manifest: text };
  });
}

function linesOfNetwork(text: string): PolicyLine[] {
  const policy = JSON.parse(text) as NetworkPolicy & { readonly metadata: { readonly namespace: string } };
  const { name, namespace } = policy.metadata;
  if ([...FOR_ALL, ...OF_THE_LAB].includes(name)) return [];
  return (['ingress', 'egress'] as const).flatMap((way) =>
    (policy.spec[way] ?? []).flatMap((rule, r) => {
      const field = way === 'ingress' ? 'from' : 'to';
      const peers = rule[field] ?? [];
      return peers.flatMap((peer, p): PolicyLine[] => {
        if (JSON.stringify(peer).includes(NOT_ASKED)) return [];
        const words = `${name} ${way} ${field} ${labelsIn(peer)}`;
        // an empty list would mean everybody
        const path = peers.length === 1 ? `/spec/${way}/${r}` : `/spec/${way}/${r}/${field}/${p}`;
        const patch = `--patch=${JSON.stringify([{ op: 'remove', path }])}`;
        const make = ['patch', 'networkpolicy', name, `--namespace=${namespace}`, '--type=json', patch];
        return [{ policy: name, words, wall: 'network', remove: make, manifest: text }];
      });
    }),
  );
}

function labelsIn(peer: unknown): string {
  const labels = [...JSON.stringify(peer).matchAll(/"(?:name|[\w./-]+\/(?:name|gateway-name))":"([^"]+)"/g)];
  return labels.map(([, value]) => value).join(' of ');
}
