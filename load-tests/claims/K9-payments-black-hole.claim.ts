import { manifestFault } from '@stampede/faults';
import {
  STAND_INS,
  claim,
  everyOrderEnded,
  failures,
  grows,
  latency,
  moneyMatchesOrders,
  ordersEnded,
  recovers,
} from '@stampede/prove';

const ORDERS = 'namespace="stampede",service="orders"';
const REFUSED = 'calls of payments that the breaker kept back';
const HELD = [
  failures({ routes: ['place-order'], during: ['fault'], atMost: 0 }),
  grows({ what: REFUSED, atLeast: 10 }),
  ordersEnded({ as: ['confirmed'], atLeast: 1 }), // nobody pays for the outage with his order
  everyOrderEnded(),
  moneyMatchesOrders(),
  recovers({ withinMs: 60_000 }),
];
const PLACED = { routes: ['place-order'], during: ['fault'], belowMs: 1_000 } as const;

export default claim({
  id: 'K9',
  promise:
    'While the mesh swallows every call to payments orders are accepted at once, and all are paid within 60 s after.',
  tier: 'cluster',
  leansOn: [STAND_INS.edge],
  watch: { [REFUSED]: `sum(stampede_breaker_calls_total{${ORDERS},breaker="payments",result="rejected"})` },
  load: { scenario: 'buy', settings: { ordersPerSecond: 3, pagesPerSecond: 5, follow: 'no' } },
  steadyState: [failures({ atMost: 0.04 })],
  fault: manifestFault({
    name: 'calls to payments get no answer',
    file: 'istio/faults/payments-black-hole.yaml',
    seen: {
      metric: 'calls to payments that got no answer',
      promql: `sum(peer_call_duration_seconds_count{${ORDERS},peer="payments",outcome="unknown"})`,
      least: 5,
    },
  }),
  holds: [latency({ ...PLACED, quantile: 0.99 }), ...HELD],
  control: { off: 'wait-for-provider', bites: ['ended confirmed'] },
  forms: {
    quick: {
      ...{ steadyMs: 12_000, faultMs: 40_000, recoveryMs: 60_000, repeat: 1 },
      holds: [latency({ ...PLACED, quantile: 0.95 }), ...HELD],
    },
    full: { steadyMs: 20_000, faultMs: 150_000, recoveryMs: 60_000, repeat: 1 },
  },
});
