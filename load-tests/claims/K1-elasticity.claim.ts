import { MATCH_DAY_RISE, crowdRises } from '@stampede/faults/cluster';
import { STAND_INS, claim, everyOrderEnded, failures, recovers } from '@stampede/prove';
import {
  scaleInLosesNothing,
  secondsToCapacity,
  sloHeld,
  timeOverSlo,
  type ClusterShopUnderTest,
} from '@stampede/prove/cluster';

/** Of pages; see gateway/README.md. */
const SLO = { routes: ['event-page'], lateMs: 400, atMost: 0.001 };
/** What a replica may use is so little that ten times the calm crowd is more than one can serve. */
const SHOP: ClusterShopUnderTest = {
  replicas: { gateway: 1, pricing: 1 },
  cpuMillis: { gateway: 120, pricing: 60 },
};
/** Four hours of the trace in three minutes. */
const SHAPE = { multiples: MATCH_DAY_RISE, stepMs: 7_500, topMs: 30_000, calmSteps: 8 };
const RISE_MS = SHAPE.multiples.length * SHAPE.stepMs + SHAPE.topMs;
/** A second before the end, so that no other rise begins. */
const FIRST_RISE_MS = RISE_MS - SHAPE.calmSteps * SHAPE.stepMs - 1_000;
/** What ten times the crowd needs, by the thresholds of k8s/scaling/on-sale/arrivals.yaml. */
const ANNOUNCED = { gateway: 7, pricing: 4 };

const UP = 'up{namespace="stampede",service=';
const GATEWAYS = 'replicas of gateway';
const PRICINGS = 'replicas of pricing';
/** From twice the crowd to all of it, which three gateways can serve. */
const BEFORE_THE_TOP = { withinMs: 75_000 };

const REACTIVE = [
  secondsToCapacity({ scaledBy: 'arrivals', of: GATEWAYS, atLeast: 3, ...BEFORE_THE_TOP }),
  secondsToCapacity({ scaledBy: 'arrivals', of: PRICINGS, atLeast: 2, ...BEFORE_THE_TOP }),
  scaleInLosesNothing({ scaledBy: ['arrivals', 'announced'], withinMs: 20_000, atLeast: 3 }),
  everyOrderEnded(),
  recovers({ withinMs: 30_000 }),
];

export default claim({
  id: 'K1',
  promise:
    'When the crowd grows tenfold in minutes replicas follow it: pages keep their SLO, and scaling in loses nothing.',
  tier: 'cluster',
  leansOn: [STAND_INS.keda, STAND_INS.meshMetrics, STAND_INS.edge],
  shop: SHOP,
  watch: {
    [GATEWAYS]: `sum(${UP}"gateway"})`,
    [PRICINGS]: `sum(${UP}"pricing"})`,
  },
  load: {
    scenario: 'rise',
    settings: {
      ...{ pagesPerSecond: 5, ordersPerSecond: 0.5, follow: 'no', attempts: 1, attemptTimeoutMs: 5_000 },
      rise: SHAPE.multiples.join(','),
      ...{ stepMs: SHAPE.stepMs, topMs: SHAPE.topMs, calmSteps: SHAPE.calmSteps },
    },
  },
  steadyState: [failures({ atMost: 0.03 })],
  fault: crowdRises({ shape: SHAPE, scaledBy: ['arrivals', 'stock', 'announced'], replicas: ANNOUNCED }),
  holds: [
    sloHeld(SLO, 'arrivals'),
    sloHeld(SLO, 'announced'),
    timeOverSlo(SLO, { scaledBy: 'arrivals', against: 'stock', atMostTimes: 0.3, pairs: 3 }),
    timeOverSlo(SLO, { scaledBy: 'announced', against: 'stock', atMostTimes: 0.1, pairs: 3 }),
    secondsToCapacity({ scaledBy: 'announced', of: GATEWAYS, atLeast: ANNOUNCED.gateway, withinMs: 0 }),
    secondsToCapacity({ scaledBy: 'announced', of: PRICINGS, atLeast: ANNOUNCED.pricing, withinMs: 0 }),
    ...REACTIVE,
  ],
  control: { off: 'scale-on-arrivals', bites: ['late or failed, scaled by arrivals'] },
  forms: {
    quick: {
      ...{ steadyMs: 20_000, faultMs: FIRST_RISE_MS, recoveryMs: 30_000, repeat: 1 },
      holds: [sloHeld({ ...SLO, atMost: 0.01 }, 'arrivals'), ...REACTIVE],
    },
    full: { steadyMs: 20_000, faultMs: FIRST_RISE_MS + 8 * RISE_MS, recoveryMs: 30_000, repeat: 1 }, // three of each
  },
});
