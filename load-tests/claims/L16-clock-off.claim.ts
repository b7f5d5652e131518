import { clockOff, preload } from '@stampede/faults';
import { audit, claim, everyOrderEnded, failures, moneyMatchesOrders, ordersEnded, recovers } from '@stampede/prove';

const OFF_MS = 300_000;

export default claim({
  id: 'L16',
  promise: 'With the clock of payments five minutes fast nothing expires early, and no order or card is refused.',
  tier: 'local',
  shop: {
    preloads: { payments: [preload('clock')] },
    // Orders are given up early, so that one that would wait for the clock does not wait in vain.
    env: { STAMPEDE_LAB_CLOCK_MS: String(OFF_MS), ORDERS_DEADLINE_MS: '20000' },
  },
  // Lost and slow answers are asked for by payments, under leases that have an end.
  load: {
    scenario: 'buy',
    settings: {
      ordersPerSecond: 5,
      pagesPerSecond: 8,
      follow: 'no',
      paymentTokens: 'tok_ok:80,tok_lost_response:10,tok_slow:10',
    },
  },
  steadyState: [failures({ routes: ['event-page'], atMost: 0.1 })],
  fault: clockOff({ service: 'payments', offsetMs: OFF_MS, than: 'orders' }),
  holds: [
    ordersEnded({ as: ['confirmed'], atLeast: 1 }),
    failures({ routes: ['sign-in', 'queue', 'hold', 'place-order'], atMost: 0 }), // no token refused, no hold expired
    everyOrderEnded(),
    moneyMatchesOrders(),
    audit('C1', 'C2', 'C3'),
    recovers({ withinMs: 30_000 }),
  ],
  control: { off: 'budget-as-rest', bites: ['ended confirmed'] },
  forms: {
    quick: { steadyMs: 6_000, faultMs: 10_000, recoveryMs: 10_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 60_000, recoveryMs: 30_000, repeat: 1 },
  },
});
