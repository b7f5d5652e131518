import { shopDeployments } from '../deployments';
import { clusterMitigation } from '../mitigation';

/** Half of it is when a proxy asks for the next one. */
const SHORT = '60s';

export const longCertificates = clusterMitigation('long-certificates', {
  protects: 'A proxy keeps what it was told, with a certificate for a day: it works on while nobody tells it anything.',
  claims: ['K8'],
  files: ['istio/mesh.yaml'],
  without: async (cluster) => {
    const where = `--namespace=${cluster.namespace}`;
    const names = await shopDeployments(cluster);
    const annotated = (value: string | null) => {
      const patch = { spec: { template: { metadata: { annotations: { 'proxy.istio.io/config': value } } } } };
      return names.map((name) => ({ args: ['patch', name, where, `--patch=${JSON.stringify(patch)}`] }));
    };
    return {
      name: `certificates of ${SHORT}`,
      make: annotated(JSON.stringify({ proxyMetadata: { SECRET_TTL: SHORT } })),
      unmake: annotated(null),
    };
  },
});
