import { killPostgres } from '@stampede/faults';
import { audit, claim, everyOrderEnded, failures, moneyMatchesOrders, quickAgain } from '@stampede/prove';

export default claim({
  id: 'L11',
  promise: 'PostgreSQL is killed under load: no acknowledged order is lost, and the shop serves again within 15 s.',
  tier: 'local',
  load: { scenario: 'buy', settings: { ordersPerSecond: 8, pagesPerSecond: 10, follow: 'no' } },
  steadyState: [failures({ atMost: 0.05 })],
  fault: killPostgres(),
  holds: [
    everyOrderEnded(),
    moneyMatchesOrders(),
    audit('C1', 'C3', 'C4', 'C5'),
    quickAgain({ withinMs: 15_000, quantile: 0.9, belowMs: 1_000 }),
  ],
  control: { off: 'commit-on-disk', bites: ['lost or still pending', 'money at the provider'] },
  forms: {
    quick: { steadyMs: 10_000, faultMs: 2_000, recoveryMs: 26_000, repeat: 1 },
    full: { steadyMs: 20_000, faultMs: 20_000, recoveryMs: 60_000, repeat: 5 },
  },
});
