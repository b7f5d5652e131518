import { manifestFault } from '@stampede/faults';
import {
  STAND_INS,
  claim,
  everyOrderEnded,
  failures,
  latency,
  moneyMatchesOrders,
  ordersEnded,
  reaches,
  recovers,
} from '@stampede/prove';

const CALLS = 'istio_requests_total{namespace="stampede",reporter="source",destination_service_name="payments"';
const OPEN = 'open breakers towards payments';
const HELD = [
  latency({ routes: ['place-order'], during: ['fault'], quantile: 0.99, belowMs: 1_000 }),
  failures({ routes: ['place-order'], during: ['fault'], atMost: 0 }),
  reaches({ what: OPEN, atLeast: 1 }),
  ordersEnded({ as: ['confirmed'], atLeast: 1 }), // nobody pays for the outage with his order
  everyOrderEnded(),
  moneyMatchesOrders(),
];

export default claim({
  id: 'K9',
  promise:
    'While the mesh swallows every call to payments orders are accepted at once, and all are paid within 60 s after.',
  tier: 'cluster',
  leansOn: [STAND_INS.meshMetrics, STAND_INS.edge],
  watch: {
    [OPEN]: 'sum(stampede_breaker_state{namespace="stampede",service="orders",breaker="payments",state="open"})',
  },
  load: { scenario: 'buy', settings: { ordersPerSecond: 3, pagesPerSecond: 5, follow: 'no' } },
  steadyState: [failures({ atMost: 0.04 })],
  fault: manifestFault({
    name: 'calls to payments get no answer',
    file: 'istio/faults/payments-black-hole.yaml',
    seen: {
      metric: 'calls to payments that got no answer',
      promql: `sum(${CALLS},response_code!~"2..|4.."})`,
      least: 5,
    },
  }),
  holds: [...HELD, recovers({ withinMs: 60_000 })],
  control: { off: 'wait-for-provider', bites: ['ended confirmed'] },
  forms: {
    quick: { steadyMs: 12_000, faultMs: 40_000, recoveryMs: 60_000, repeat: 1 },
    full: { steadyMs: 20_000, faultMs: 120_000, recoveryMs: 60_000, repeat: 1 },
  },
});
