import { noControlPlane } from '@stampede/faults';
import { STAND_INS, claim, everyOrderEnded, failures, recovers } from '@stampede/prove';

export default claim({
  id: 'K8',
  promise: 'With istiod gone for five minutes the mesh serves on as it was, certificates and all.',
  tier: 'cluster',
  leansOn: [STAND_INS.edge],
  shop: { replicas: { notifications: 1, billing: 1 } }, // without istiod no pod can start, so that none may have to
  load: { scenario: 'buy', settings: { ordersPerSecond: 3, pagesPerSecond: 8, follow: 'no' } },
  steadyState: [failures({ atMost: 0.03 })],
  fault: noControlPlane(),
  holds: [failures({ during: ['fault'], atMost: 0.002 }), everyOrderEnded(), recovers({ withinMs: 30_000 })],
  control: { off: 'long-certificates', bites: ['requests that failed'] },
  forms: {
    quick: {
      ...{ steadyMs: 12_000, faultMs: 120_000, recoveryMs: 30_000, repeat: 1 },
      holds: [failures({ during: ['fault'], atMost: 0.005 }), everyOrderEnded(), recovers({ withinMs: 30_000 })],
    },
    full: { steadyMs: 15_000, faultMs: 300_000, recoveryMs: 60_000, repeat: 1 },
  },
});
