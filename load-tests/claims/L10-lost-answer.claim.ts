import { toxics } from '@stampede/faults';
import { claim, everyOrderEnded, failures, moneyMatchesOrders, oneOrderPerKey, recovers } from '@stampede/prove';

export default claim({
  id: 'L10',
  promise: 'Whoever asks again because the answer was lost gets the order that was made, never a second one.',
  tier: 'local',
  shop: { proxied: ['edge'] },
  load: { scenario: 'buy', settings: { ordersPerSecond: 8, pagesPerSecond: 5, connections: 'new' } },
  steadyState: [failures({ atMost: 0.05 })],
  fault: toxics('edge', { resetAfterBytes: 0, ratio: 0.2 }), // done, but the buyer never hears of it
  holds: [
    oneOrderPerKey({ replaysAtLeast: 3 }),
    failures({ routes: ['hold', 'place-order'], atMost: 0 }),
    everyOrderEnded(),
    moneyMatchesOrders(),
    recovers({ withinMs: 15_000 }),
  ],
  control: { off: 'remember-order-key', bites: ['two orders', 'requests that failed'] },
  forms: {
    quick: { steadyMs: 6_000, faultMs: 15_000, recoveryMs: 8_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 90_000, recoveryMs: 20_000, repeat: 1 },
  },
});
