import { PROVIDER } from '@stampede/topology';
import type { LabCluster } from './lab-cluster';

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
    readonly spec: {
      readonly nodeName?: string;
      readonly volumes?: readonly { readonly persistentVolumeClaim?: unknown }[];
    };
  }[];
}
interface Nodes {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

const WORKERS = '--selector=!node-role.kubernetes.io/control-plane';
const EDGE = 'gateway.networking.k8s.io/gateway-name';
const MESH = 'istio-system';
const ISTIOD = 'istiod';

/**
 * A node in whose zone nothing is kept and no buyer comes in: stores, the mesh's control plane, and the edge of a lab
 * without a load balancer have one replica, and a claim about the services must not be one about them. On kind they
 * keep out of zone c. @throws Error where there is none
 */
export async function spareNode(cluster: LabCluster): Promise<string> {
  const { items: nodes } = (await cluster.get<Nodes>(['nodes', WORKERS])) ?? { items: [] };
  const used = new Set<string | undefined>();
  for (const namespace of [cluster.namespace, PROVIDER.name, 'observability', MESH]) {
    const { items = [] } = (await cluster.get<Pods>(['pods', `--namespace=${namespace}`])) ?? {};
    for (const { metadata, spec } of items) {
      const keeps = spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined) === true;
      const isEdge = metadata.labels?.[EDGE] !== undefined;
      const isIstiod = metadata.labels?.['app'] === ISTIOD;
      const isAlone = namespace === MESH ? isIstiod : namespace !== cluster.namespace; // its other pods are everywhere
      if (keeps || isEdge || isAlone) used.add(spec.nodeName);
    }
  }
  const spare = nodes.map(({ metadata }) => metadata.name).find((name) => !used.has(name));
  if (spare === undefined)
    throw new Error('on every node is a store, the edge, istiod or the metrics: none may be lost');
  return spare;
}
