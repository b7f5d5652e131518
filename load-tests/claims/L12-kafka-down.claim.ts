import { serverGone } from '@stampede/faults';
import {
  asQuickAsBefore,
  audit,
  claim,
  everyOrderEnded,
  failures,
  latency,
  metersMatchOrders,
  outboxDrains,
  recovers,
} from '@stampede/prove';

const BUYING = ['sign-in', 'queue', 'hold', 'place-order', 'event-page'];

export default claim({
  id: 'L12',
  promise: 'Kafka is down for a minute: buyers notice nothing, and every event is applied once it is back.',
  tier: 'local',
  needs: ['kafka'],
  load: { scenario: 'buy', settings: { ordersPerSecond: 5, pagesPerSecond: 30, follow: 'no' } },
  steadyState: [failures({ atMost: 0.05 })],
  fault: serverGone('kafka'),
  holds: [
    failures({ routes: BUYING, atMost: 0 }),
    asQuickAsBefore({ routes: BUYING, quantile: 0.99, atMostTimes: 2, orBelowMs: 300 }),
    latency({ routes: ['place-order'], quantile: 0.95, belowMs: 1_000 }),
    everyOrderEnded(),
    outboxDrains({ withinMs: 60_000 }),
    metersMatchOrders(),
    audit('C5'),
    recovers({ withinMs: 60_000 }),
  ],
  control: { off: 'outbox', bites: ['billing metered'] },
  forms: {
    quick: { steadyMs: 8_000, faultMs: 15_000, recoveryMs: 20_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 60_000, recoveryMs: 60_000, repeat: 1 },
  },
});
