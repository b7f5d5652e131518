import { drainedNode, inTurn, lostZone } from '@stampede/faults';
import { STAND_INS, claim, everyOrderEnded, failures, recovers } from '@stampede/prove';

const TWICE = { gateway: 2, catalog: 2, pricing: 2, inventory: 2, orders: 2, payments: 2 };

export default claim({
  id: 'K6',
  promise: 'A node is drained, then a zone is lost: at most one request in a thousand fails, and no order is lost.',
  tier: 'cluster',
  leansOn: [STAND_INS.nodes, STAND_INS.edge],
  shop: { replicas: TWICE },
  load: { scenario: 'buy', settings: { ordersPerSecond: 3, pagesPerSecond: 10, follow: 'no' } },
  steadyState: [failures({ atMost: 0.02 })],
  fault: inTurn({ forMs: 90_000, fault: drainedNode() }, { forMs: 90_000, fault: lostZone() }),
  holds: [failures({ during: ['fault'], atMost: 0.001 }), everyOrderEnded(), recovers({ withinMs: 120_000 })],
  control: { off: 'replicas-in-zones', bites: ['requests that failed'] },
  forms: {
    quick: {
      ...{ steadyMs: 12_000, faultMs: 260_000, recoveryMs: 120_000, repeat: 1 },
      holds: [failures({ during: ['fault'], atMost: 0.004 }), everyOrderEnded(), recovers({ withinMs: 120_000 })],
    },
    full: { steadyMs: 20_000, faultMs: 300_000, recoveryMs: 150_000, repeat: 1 },
  },
});
