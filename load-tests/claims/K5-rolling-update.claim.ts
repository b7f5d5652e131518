import { rollingUpdate } from '@stampede/faults';
import { STAND_INS, claim, everyOrderEnded, failedAttempts, recovers } from '@stampede/prove';

export default claim({
  id: 'K5',
  promise: 'Every service gets new pods under load, one service after the other, and not one request fails.',
  tier: 'cluster',
  leansOn: [STAND_INS.edge],
  load: { scenario: 'buy', settings: { ordersPerSecond: 2, pagesPerSecond: 8, follow: 'no', attempts: 1 } },
  steadyState: [failedAttempts({ atMost: 0 })],
  fault: rollingUpdate(),
  holds: [failedAttempts({ atMost: 0 }), everyOrderEnded(), recovers({ withinMs: 30_000 })],
  control: { off: 'leave-lists-first', bites: ['attempts that failed'] },
  forms: {
    quick: { steadyMs: 10_000, faultMs: 240_000, recoveryMs: 15_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 300_000, recoveryMs: 30_000, repeat: 3 },
  },
});
