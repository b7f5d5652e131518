import { rollingRestart } from '@stampede/faults';
import { claim, everyOrderEnded, failedAttempts, recovers } from '@stampede/prove';

const TWICE = {
  ...{ gateway: 2, catalog: 2, pricing: 2, inventory: 2, orders: 2 },
  ...{ payments: 2, notifications: 2, billing: 2, audit: 2 },
};

export default claim({
  id: 'L6',
  promise: 'Every process of the shop is restarted under load, one after the other, and not one request fails.',
  tier: 'local',
  shop: { replicas: TWICE, env: { STAMPEDE_DRAIN_MS: '300' } }, // the balancer asks who is ready every 100 ms
  load: { scenario: 'buy', settings: { ordersPerSecond: 5, pagesPerSecond: 25, follow: 'no', attempts: 1 } },
  steadyState: [failedAttempts({ atMost: 0 })],
  fault: rollingRestart({ rounds: 1 }),
  holds: [failedAttempts({ atMost: 0 }), everyOrderEnded(), recovers({ withinMs: 10_000 })],
  control: { off: 'drain-before-exit', bites: ['attempts that failed'] },
  forms: {
    quick: { steadyMs: 5_000, faultMs: 60_000, recoveryMs: 5_000, repeat: 1 },
    full: { steadyMs: 10_000, faultMs: 90_000, recoveryMs: 10_000, repeat: 10 },
  },
});
