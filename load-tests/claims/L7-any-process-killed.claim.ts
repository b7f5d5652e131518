import { killEvery } from '@stampede/faults';
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
  id: 'L7',
  promise: 'A process is killed every 2 s, any of them, and every accepted order still comes to its one right end.',
  tier: 'local',
  shop: {
    replicas: { orders: 2 },
    env: {
      ORDERS_DEADLINE_MS: '60000', // an order that nobody takes up is seen sooner
      // With slow cards there are always orders in the middle of their payment; more of them would open the circuit.
      PAYMENTS_PROVIDER_TIMEOUT_MS: '3000',
    },
  },
  load: {
    scenario: 'buy',
    settings: { ordersPerSecond: 3.5, pagesPerSecond: 4, follow: 'no', paymentTokens: 'tok_ok:50,tok_slow:50' },
  },
  steadyState: [failures({ atMost: 0.05 })],
  fault: killEvery({ everyMs: 2_000 }),
  holds: [
    everyOrderEnded(),
    oneCapturePerOrder(),
    moneyMatchesOrders(),
    audit('C1', 'C2', 'C3', 'C4', 'C5'),
    recovers({ withinMs: 30_000 }),
  ],
  control: { off: 'resume-sagas', bites: ['lost or still pending'] },
  forms: {
    quick: { steadyMs: 6_000, faultMs: 20_000, recoveryMs: 15_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 300_000, recoveryMs: 30_000, repeat: 1 },
  },
});
