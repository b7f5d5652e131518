import { shopDeployments } from '../deployments';
import { clusterMitigation } from '../mitigation';
import { spareNode } from '../spare-node';

export const replicasInZones = clusterMitigation('replicas-in-zones', {
  protects: 'The replicas of a service are in different zones, so that no loss of one takes them all.',
  claims: ['K6'],
  files: ['k8s/base/deployment.yaml', 'k8s/scaling/three-zones/kustomization.yaml'],
  without: async (cluster) => {
    const node = await spareNode(cluster);
    const where = `--namespace=${cluster.namespace}`;
    const names = await shopDeployments(cluster);
    const placed = (on: string | null) => {
      const nodeSelector = { 'kubernetes.io/hostname': on };
      const patch = `--patch=${JSON.stringify({ spec: { template: { spec: { nodeSelector } } } })}`;
      return names.map((name) => ({ args: ['patch', name, where, patch] }));
    };
    return { name: 'every replica on one node', make: placed(node), unmake: placed(null) };
  },
});
