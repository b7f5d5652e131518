import { toxics } from '@stampede/faults';
import { claim, failures, latency, recovers } from '@stampede/prove';

const OTHERS = ['event-page', 'sign-in', 'queue'];

export default claim({
  id: 'L9',
  promise: 'When half of the calls of inventory take two seconds longer, what does not need it is as fast as ever.',
  tier: 'local',
  shop: { proxied: ['inventory'] },
  load: { scenario: 'buy', settings: { ordersPerSecond: 10, pagesPerSecond: 30, follow: 'no', attempts: 2 } },
  steadyState: [failures({ atMost: 0.02 }), latency({ routes: OTHERS, quantile: 0.95, belowMs: 300 })],
  fault: toxics('inventory', { latencyMs: 1_000, ratio: 0.5 }), // there and back
  holds: [
    failures({ routes: OTHERS, during: ['fault'], atMost: 0.01 }),
    latency({ routes: OTHERS, during: ['fault'], quantile: 0.99, belowMs: 300 }),
    recovers({ withinMs: 15_000 }),
  ],
  control: { off: 'bulkhead-per-peer', bites: ['requests that failed', 'p99'] },
  forms: {
    quick: { steadyMs: 6_000, faultMs: 15_000, recoveryMs: 10_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 60_000, recoveryMs: 20_000, repeat: 1 },
  },
});
