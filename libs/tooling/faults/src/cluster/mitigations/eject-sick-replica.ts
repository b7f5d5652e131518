import { asTheyAre } from '../lab-cluster';
import { clusterMitigation } from '../mitigation';

export const ejectSickReplica = clusterMitigation('eject-sick-replica', {
  protects: 'A replica that answers with errors is left out of the calls for a while, instead of getting its share.',
  claims: ['K3'],
  files: ['istio/resilience/inventory.yaml'],
  without: async (cluster) => {
    const target = ['destinationrule', 'inventory'];
    const before = await asTheyAre(cluster, target);
    const patch = '[{"op":"remove","path":"/spec/trafficPolicy/outlierDetection"}]';
    const where = `--namespace=${cluster.namespace}`;
    return {
      name: 'inventory without outlier detection',
      make: [{ args: ['patch', ...target, where, '--type=json', `--patch=${patch}`] }],
      unmake: before.map((input) => ({ args: ['replace', '--filename=-'], input })),
    };
  },
});
