import { providerDown } from '@stampede/faults';
import { claim, everyOrderEnded, failures, latency, moneyMatchesOrders, ordersEnded, recovers } from '@stampede/prove';

const CHECKOUT = 'http_req_duration{route:place-order,phase:fault}';
const atOnce = (quantile: number) => latency({ routes: ['place-order'], during: ['fault'], quantile, belowMs: 1_000 });
const PROMISES = [
  failures({ routes: ['place-order'], during: ['fault'], atMost: 0 }),
  ordersEnded({ as: ['confirmed'], atLeast: 1 }), // nobody pays for the outage with his order
  everyOrderEnded(),
  moneyMatchesOrders(),
  recovers({ withinMs: 30_000 }),
];

export default claim({
  id: 'L3',
  promise: 'With the provider down orders are accepted at once, and all are paid within 30 s of its return.',
  tier: 'local',
  load: { scenario: 'buy', settings: { ordersPerSecond: 7, pagesPerSecond: 10, follow: 'no' } },
  steadyState: [failures({ atMost: 0.05 })],
  fault: providerDown(),
  thresholds: { [CHECKOUT]: ['p(99)<1000'] },
  holds: [atOnce(0.99), ...PROMISES],
  control: { off: 'wait-for-provider', bites: ['ended confirmed'] },
  forms: {
    quick: {
      ...{ steadyMs: 6_000, faultMs: 18_000, recoveryMs: 12_000, repeat: 1 },
      ...{ thresholds: { [CHECKOUT]: ['p(95)<1000'] }, holds: [atOnce(0.95), ...PROMISES] }, // too few for a p99
    },
    full: { steadyMs: 15_000, faultMs: 60_000, recoveryMs: 30_000, repeat: 1 },
  },
});
