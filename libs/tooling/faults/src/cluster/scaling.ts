import { shopDeployments } from './deployments';
import { asTheyAre, type Change, type LabCluster } from './lab-cluster';

/**
 * What may scale a service for a crowd: `stock` is an HPA as `kubectl autoscale` makes it, `arrivals` goes by how many
 * requests come, `announced` does so too and has its replicas before they come.
 */
export type Scaling = 'stock' | 'arrivals' | 'announced';

const FILES: Readonly<Record<Scaling, string>> = {
  stock: 'k8s/scaling/on-sale/stock.yaml',
  arrivals: 'k8s/scaling/on-sale/arrivals.yaml',
  announced: 'k8s/scaling/on-sale/arrivals.yaml',
};
/** For KEDA's operator, who must agree. */
const GONE_WITHIN = '--timeout=30s';
/** Goes with its ScaledObject, but somewhat later: it could bring replicas back that were taken away. */
const hpaOfKeda = (service: string) => `keda-hpa-${service}`;

/**
 * The services without their own HPA: two would pull at one Deployment. @throws Error where one of them is released, or
 * has none
 */
export async function withoutOwnScaler(cluster: LabCluster, services: readonly string[]): Promise<Change> {
  const deployments = await shopDeployments(cluster);
  const released = services.find((service) => deployments.includes(`deployment.apps/${service}-primary`));
  if (released !== undefined) throw new Error(`${released} is being released: its copy has a scaler of its own`);
  const before: string[] = [];
  for (const service of services) before.push(...(await asTheyAre(cluster, ['horizontalpodautoscaler', service])));
  const where = `--namespace=${cluster.namespace}`;
  return {
    name: `no HPA for ${services.join(' and ')}`,
    make: [{ args: ['delete', 'horizontalpodautoscaler', ...services, where] }],
    unmake: before.map((input) => ({ args: ['apply', '--server-side', '--force-conflicts', '--filename=-'], input })),
  };
}

/** Scaled that way; taken back, each service has one replica. `replicas`: so many are there first, where announced. */
export function scaledBy(
  { namespace }: Pick<LabCluster, 'namespace'>,
  scaling: Scaling,
  replicas: Readonly<Record<string, number>>,
): Change {
  const where = `--namespace=${namespace}`;
  const patches = Object.entries(replicas).map(([service, minReplicaCount]) => {
    const patch = `--patch=${JSON.stringify({ spec: { minReplicaCount } })}`;
    return { args: ['patch', 'scaledobject', service, where, '--type=merge', patch] };
  });
  const services = Object.keys(replicas);
  const file = `--filename=${FILES[scaling]}`;
  return {
    name: `scaled by ${scaling}`,
    make: [{ args: ['apply', file] }, ...(scaling === 'announced' ? patches : [])],
    unmake: [
      { args: ['delete', file, '--ignore-not-found', GONE_WITHIN] },
      { args: ['delete', 'horizontalpodautoscaler', ...services.map(hpaOfKeda), where, '--ignore-not-found'] },
      { args: ['scale', ...services.map((service) => `deployment/${service}`), where, '--replicas=1'] },
    ],
  };
}
