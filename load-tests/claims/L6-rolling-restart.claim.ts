import { rollingRestart } from '@stampede/faults';
import { capacityInRange, claim, everyOrderEnded, failedAttempts, recovers } from '@stampede/prove';

/** Whom somebody waits for; the others take up what happened while they were away. */
const TWICE = { gateway: 2, catalog: 2, pricing: 2, inventory: 2, orders: 2, payments: 2 };

export default claim({
  id: 'L6',
  promise: 'Every process of the shop is restarted under load, one after the other, and not one request fails.',
  tier: 'local',
  shop: { replicas: TWICE, env: { STAMPEDE_DRAIN_MS: '300' } }, // the balancer asks who is ready every 100 ms
  load: {
    scenario: 'restart',
    // No attempt is made again, not even unseen by a client that keeps connections.
    settings: { share: 0.65, follow: 'stream', attempts: 1, connections: 'new' },
  },
  steadyState: [capacityInRange(), failedAttempts({ atMost: 0 })],
  fault: rollingRestart({ rounds: 1, pauseMs: 2_000 }),
  holds: [failedAttempts({ atMost: 0 }), everyOrderEnded(), recovers({ withinMs: 10_000 })],
  control: { off: 'drain-before-exit', bites: ['attempts that failed'] },
  forms: {
    quick: { steadyMs: 5_000, faultMs: 120_000, recoveryMs: 5_000, repeat: 1 },
    full: { steadyMs: 10_000, faultMs: 180_000, recoveryMs: 10_000, repeat: 10 },
  },
});
