import { pause } from '@stampede/faults';
import { capacityInRange, claim, failedAttempts, latency, quickAgain } from '@stampede/prove';

export default claim({
  id: 'L8',
  promise: 'After ten seconds in which orders answers nobody, impatient buyers and all, p95 is back within 2 s.',
  tier: 'local',
  needs: ['cores'],
  shop: { env: { GATEWAY_BUYER_REQUESTS_PER_SECOND: '100000' } },
  // Clients give up after a second and try again at once: twice the load. Without its limits the shop adds to it.
  load: { scenario: 'reload', settings: { share: 0.4, attempts: 2, attemptTimeoutMs: 1_000, backoffMs: 0 } },
  steadyState: [capacityInRange(), failedAttempts({ atMost: 0.05 }), latency({ quantile: 0.95, belowMs: 200 })],
  fault: pause({ service: 'orders' }),
  holds: [quickAgain({ withinMs: 2_000, quantile: 0.95, belowMs: 300 })],
  control: { off: 'storm-brakes' },
  forms: {
    quick: { steadyMs: 5_000, faultMs: 10_000, recoveryMs: 12_000, repeat: 1 },
    full: { steadyMs: 5_000, faultMs: 10_000, recoveryMs: 20_000, repeat: 20 },
  },
});
