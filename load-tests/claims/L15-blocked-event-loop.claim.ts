import { blockEventLoop, preload } from '@stampede/faults';
import { claim, failedAttempts, recovers } from '@stampede/prove';

export default claim({
  id: 'L15',
  promise:
    'One of three replicas does nothing for 2 s every 10 s, and at most one request in 200 is not answered in 1 s.',
  tier: 'local',
  shop: { replicas: { catalog: 3 }, preloads: { catalog: [preload('block-event-loop')] } },
  load: {
    scenario: 'browse',
    settings: { listsPerSecond: 45, pagesPerSecond: 15, matches: 40, attempts: 1, attemptTimeoutMs: 1_000 },
  },
  steadyState: [failedAttempts({ atMost: 0.01 })],
  fault: blockEventLoop({ name: 'catalog-1', service: 'catalog', everyMs: 10_000 }),
  holds: [failedAttempts({ during: ['fault'], atMost: 0.005 }), recovers({ withinMs: 10_000 })],
  control: { off: 'avoid-sick-replica', bites: ['attempts that failed'] },
  forms: {
    quick: { steadyMs: 6_000, faultMs: 20_000, recoveryMs: 5_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 120_000, recoveryMs: 15_000, repeat: 1 },
  },
});
