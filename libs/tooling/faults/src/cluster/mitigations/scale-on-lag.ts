import { clusterMitigation } from '../mitigation';

const PAUSED = 'autoscaling.keda.sh/paused-replicas';

export const scaleOnLag = clusterMitigation('scale-on-lag', {
  protects: 'A consumer that sleeps at zero is woken by the events that wait for it.',
  claims: ['K7'],
  files: ['k8s/scaling/lag/scaled-objects.yaml'],
  without: async (cluster) => {
    const target = ['annotate', 'scaledobject', 'notifications', `--namespace=${cluster.namespace}`];
    return {
      name: 'nobody wakes notifications',
      make: [{ args: [...target, `${PAUSED}=0`, '--overwrite'] }],
      unmake: [{ args: [...target, `${PAUSED}-`] }],
    };
  },
});
