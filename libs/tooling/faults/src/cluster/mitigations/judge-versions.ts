import { clusterMitigation } from '../mitigation';

interface Canary {
  readonly spec: { readonly skipAnalysis?: boolean };
}

export const judgeVersions = clusterMitigation('judge-versions', {
  protects: 'A new version is compared with the old one while few get it, and goes back where it is worse.',
  claims: ['K2'],
  files: ['istio/release-policy.yaml'],
  without: async (cluster) => {
    const target = ['canary.flagger.app', 'pricing', `--namespace=${cluster.namespace}`];
    const canary = await cluster.get<Canary>(target);
    if (canary === undefined)
      throw new Error('nobody judges versions yet: `npx stampede release pricing v2` makes Flagger do so');
    const patch = ['patch', ...target, '--type=merge'];
    const skip = (value: boolean | null) => `--patch=${JSON.stringify({ spec: { skipAnalysis: value } })}`;
    return {
      name: 'versions of pricing go out unseen',
      make: [{ args: [...patch, skip(true)] }],
      unmake: [{ args: [...patch, skip(canary.spec.skipAnalysis ?? null)] }],
    };
  },
});
