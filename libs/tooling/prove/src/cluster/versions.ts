import type { LabCluster } from '@stampede/faults';

interface Nodes {
  readonly items: readonly { readonly status: { readonly nodeInfo: { readonly kubeletVersion: string } } }[];
}
interface Workload {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

/** Of what a claim of a cluster leans on, by name; what is not there has none. */
export async function versionsOf(cluster: LabCluster): Promise<Readonly<Record<string, string>>> {
  const nodes = await cluster.get<Nodes>(['nodes']);
  const kubernetes = nodes?.items[0]?.status.nodeInfo.kubeletVersion;
  const parts = {
    istio: await tagOf(cluster, ['deployment', 'istiod', '--namespace=istio-system']),
    keda: await tagOf(cluster, ['deployment', 'keda-operator', '--namespace=keda']),
    kafka: await tagOf(cluster, ['statefulset', 'kafka', `--namespace=${cluster.namespace}`]),
    postgres: await tagOf(cluster, ['statefulset', 'postgres', `--namespace=${cluster.namespace}`]),
  };
  const known = Object.entries({ kubernetes, ...parts }).filter(([, version]) => version !== undefined);
  return Object.fromEntries(known) as Record<string, string>;
}

async function tagOf(cluster: LabCluster, args: readonly string[]): Promise<string | undefined> {
  const found = await cluster.get<Workload>(args);
  return found?.spec.template.spec.containers[0]?.image.split(':').at(-1);
}
