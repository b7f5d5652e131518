import { queuedEvents } from '@stampede/faults';
import { STAND_INS, claim, failures, fromNoneAndBack, queueDrained } from '@stampede/prove';

const PODS = 'replicas of notifications';

export default claim({
  id: 'K7',
  promise:
    'Notifications sleep at no replica; 10,000 queued events wake them, each is applied once, and they sleep again.',
  tier: 'cluster',
  leansOn: [STAND_INS.keda],
  shop: { replicas: { notifications: 0 } },
  watch: { [PODS]: 'sum(up{namespace="stampede",service="notifications"})' },
  load: { scenario: 'browse', settings: { pagesPerSecond: 3, listsPerSecond: 1 } }, // nobody signs in: that is an event
  steadyState: [failures({ atMost: 0.1 })],
  fault: queuedEvents({ count: 10_000, repeats: 500 }),
  holds: [queueDrained({ withinMs: 240_000 }), fromNoneAndBack({ of: PODS, atLeast: 2 })],
  control: { off: 'scale-on-lag', bites: ['queued events'] },
  forms: {
    quick: { steadyMs: 12_000, faultMs: 150_000, recoveryMs: 100_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 240_000, recoveryMs: 180_000, repeat: 1 },
  },
});
