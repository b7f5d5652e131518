import { clusterMitigation } from '../mitigation';

export const judgeVersions = clusterMitigation('judge-versions', {
  protects: 'A new version is compared with the old one while few get it, and goes back where it is worse.',
  claims: ['K2'],
  files: ['istio/release-policy.yaml'],
  without: async ({ namespace }) => {
    const patch = ['patch', 'canary.flagger.app', 'pricing', `--namespace=${namespace}`, '--type=merge'];
    const skip = (value: boolean | null) => `--patch=${JSON.stringify({ spec: { skipAnalysis: value } })}`;
    return {
      name: 'versions of pricing go out unseen',
      make: [{ args: [...patch, skip(true)] }],
      unmake: [{ args: [...patch, skip(null)] }],
    };
  },
});
