import { drainedNode, inTurn, lostZone } from '@stampede/faults';
import { STAND_INS, claim, everyOrderEnded, failures, recovers } from '@stampede/prove';

/** One in each zone, as overlays/zones has them: callers go to their own zone's, and one of three may be ejected. */
const IN_EACH_ZONE = { gateway: 3, catalog: 3, pricing: 3, inventory: 3, orders: 3, payments: 3 };
/** Longer than it takes Kubernetes to notice (50 s). */
const LOST_MS = 90_000;
const DRAINED_MS = 45_000;

export default claim({
  id: 'K6',
  promise: 'A zone is lost, then a node is drained: at most one request in a thousand fails, and no order is lost.',
  tier: 'cluster',
  leansOn: [STAND_INS.nodes, STAND_INS.edge],
  shop: { replicas: IN_EACH_ZONE },
  load: { scenario: 'buy', settings: { ordersPerSecond: 3, pagesPerSecond: 10, follow: 'no' } },
  steadyState: [failures({ atMost: 0.02 })],
  // in this order: what was lost comes back to its node, and what was drained does not
  fault: inTurn({ forMs: LOST_MS, fault: lostZone() }, { forMs: DRAINED_MS, fault: drainedNode() }),
  holds: [failures({ during: ['fault'], atMost: 0.001 }), everyOrderEnded(), recovers({ withinMs: 120_000 })],
  control: { off: 'replicas-in-zones', bites: ['requests that failed'] },
  forms: {
    quick: {
      ...{ steadyMs: 12_000, faultMs: 300_000, recoveryMs: 60_000, repeat: 1 },
      holds: [failures({ during: ['fault'], atMost: 0.004 }), everyOrderEnded(), recovers({ withinMs: 60_000 })],
    },
    full: { steadyMs: 20_000, faultMs: 400_000, recoveryMs: 150_000, repeat: 1 },
  },
});
