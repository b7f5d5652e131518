import { clusterMitigation } from '../mitigation';

const OPERATOR = ['deployment/keda-operator', '--namespace=keda'];

export const scaleOnArrivals = clusterMitigation('scale-on-arrivals', {
  protects: 'More replicas are started as more requests come, before those that are there are full.',
  claims: ['K1'],
  files: ['k8s/scaling/on-sale/arrivals.yaml', 'k8s/scaling/on-sale/stock.yaml'],
  without: async () => ({
    name: 'nobody makes an HPA of what says how arrivals scale',
    make: [
      { args: ['scale', ...OPERATOR, '--replicas=0'] },
      { args: ['wait', '--for=delete', 'pod', '--selector=app=keda-operator', '--namespace=keda', '--timeout=120s'] },
    ],
    unmake: [
      { args: ['scale', ...OPERATOR, '--replicas=1'] },
      { args: ['rollout', 'status', ...OPERATOR, '--timeout=180s'] },
    ],
  }),
});
