import { toxics } from '@stampede/faults';
import {
  audit,
  claim,
  everyOrderEnded,
  failures,
  moneyMatchesOrders,
  oneCapturePerOrder,
  recovers,
} from '@stampede/prove';

export default claim({
  id: 'L2',
  promise: 'No card is charged twice when the provider loses one answer in five.',
  tier: 'local',
  shop: { proxied: ['payment-provider'] },
  load: { scenario: 'buy', settings: { ordersPerSecond: 8, pagesPerSecond: 12 } },
  steadyState: [failures({ atMost: 0.02 })],
  fault: toxics('payment-provider', { resetAfterBytes: 0, ratio: 0.2 }), // charged, but nobody hears of it
  holds: [
    oneCapturePerOrder(),
    moneyMatchesOrders(),
    everyOrderEnded(),
    audit('C2', 'C3'),
    recovers({ withinMs: 30_000 }),
  ],
  control: { off: 'ask-provider-by-key', bites: ['charged more than once', 'money at the provider'] },
  forms: {
    quick: { steadyMs: 6_000, faultMs: 15_000, recoveryMs: 10_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 90_000, recoveryMs: 30_000, repeat: 1 },
  },
});
