import { asTheyAre } from '../lab-cluster';
import { clusterMitigation } from '../mitigation';

export const callerPolicies = clusterMitigation('caller-policies', {
  protects: 'Whoever has a certificate of the mesh may still call nothing but what the call graph says.',
  claims: ['K4'],
  files: ['istio/security/authz.generated.yaml', 'istio/security/mtls.yaml', 'k8s/network/network.generated.yaml'],
  without: async (cluster) => {
    const before = await asTheyAre(cluster, ['authorizationpolicies.security.istio.io']);
    const where = `--namespace=${cluster.namespace}`;
    return {
      name: 'the mesh without policies of callers',
      make: [{ args: ['delete', 'authorizationpolicies.security.istio.io', '--all', where] }],
      unmake: before.map((input) => ({ args: ['apply', '--server-side', '--force-conflicts', '--filename=-'], input })),
    };
  },
});
