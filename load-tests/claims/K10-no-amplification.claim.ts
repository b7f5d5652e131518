import { sickService } from '@stampede/faults/cluster';
import { STAND_INS, amplification, claim, failures, recovers } from '@stampede/prove';

const REQUESTS = 'istio_requests_total{namespace="stampede",destination_service_name="inventory"';
const KEYS =
  'peer_call_duration_seconds_count{namespace="stampede",service="gateway",peer="inventory",operation="claimHoldKey"';

export default claim({
  id: 'K10',
  promise:
    'With inventory refusing every call, the app and the mesh send at most a fifth more, not three times as many.',
  tier: 'cluster',
  leansOn: [STAND_INS.meshMetrics, STAND_INS.edge],
  watch: {
    'orders begun':
      'sum(http_server_request_duration_seconds_count{namespace="stampede",service="gateway",route="/api/v1/holds"})',
    'calls that begin an order': `sum(${KEYS}})`,
    'calls that left': `sum(${REQUESTS},reporter="source"})`,
    'calls that arrived': `sum(${REQUESTS},reporter="destination"})`,
  },
  load: { scenario: 'buy', settings: { ordersPerSecond: 6, pagesPerSecond: 3, follow: 'no', attempts: 1 } },
  steadyState: [failures({ atMost: 0.05 })],
  fault: sickService('inventory'),
  holds: [
    amplification({ sent: 'calls that begin an order', asked: 'orders begun', atMost: 1.2 }),
    amplification({ sent: 'calls that arrived', asked: 'calls that left', atMost: 1.2 }),
    recovers({ withinMs: 30_000 }),
  ],
  control: { off: 'storm-brakes', bites: ['calls that begin an order'] }, // retry budget and circuit: each would do
  forms: {
    quick: { steadyMs: 30_000, faultMs: 90_000, recoveryMs: 30_000, repeat: 1 },
    full: { steadyMs: 60_000, faultMs: 180_000, recoveryMs: 30_000, repeat: 1 },
  },
});
