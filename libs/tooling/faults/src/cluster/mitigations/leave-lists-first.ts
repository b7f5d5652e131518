import { clusterMitigation } from '../mitigation';
import { appOf, shopDeployments } from '../deployments';

export const leaveListsFirst = clusterMitigation('leave-lists-first', {
  protects: 'A pod that is going serves for five seconds more, until every proxy has it no longer in its list.',
  claims: ['K5'],
  files: ['k8s/base/deployment.yaml'],
  without: async (cluster) => {
    const where = `--namespace=${cluster.namespace}`;
    const names = await shopDeployments(cluster);
    const before = await Promise.all(names.map(async (name) => (await appOf(cluster, name)).lifecycle ?? null));
    const patched = (name: string, lifecycle: unknown) => {
      const patch = { spec: { template: { spec: { containers: [{ name: 'app', lifecycle }] } } } };
      return { args: ['patch', name, where, `--patch=${JSON.stringify(patch)}`] };
    };
    return {
      name: 'the shop without preStop',
      make: names.map((name) => patched(name, null)),
      unmake: names.map((name, index) => patched(name, before[index])),
    };
  },
});
