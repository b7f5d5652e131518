import { inTurn, redisFlushed, serverGone } from '@stampede/faults';
import { claim, databaseLoad, failures, latency } from '@stampede/prove';

export default claim({
  id: 'L14',
  promise:
    'Without Redis, and with one that has forgotten everything, the shop serves, and its databases hardly notice.',
  tier: 'local',
  needs: ['redis'],
  // One hot page, and a few buyers: their quotas are counted in Redis.
  load: { scenario: 'buy', settings: { ordersPerSecond: 2, pagesPerSecond: 140, follow: 'no' } },
  steadyState: [failures({ atMost: 0.01 }), latency({ routes: ['event-page'], quantile: 0.95, belowMs: 300 })],
  fault: inTurn({ forMs: 10_000, fault: serverGone('redis') }, { forMs: 5_000, fault: redisFlushed() }),
  holds: [
    failures({ during: ['fault'], atMost: 0.005 }),
    latency({ routes: ['event-page'], during: ['fault'], quantile: 0.99, belowMs: 300 }),
    latency({ routes: ['hold', 'place-order'], during: ['fault'], quantile: 0.95, belowMs: 1_000 }),
    databaseLoad({ atMostTimes: 3 }),
  ],
  // Every service keeps some of it, so the databases are spared without the gateway's memory too; buyers are not.
  control: { off: 'answers-in-memory', bites: ['answers on event-page'] },
  forms: {
    quick: { steadyMs: 8_000, faultMs: 18_000, recoveryMs: 5_000, repeat: 1 },
    full: { steadyMs: 20_000, faultMs: 18_000, recoveryMs: 10_000, repeat: 1 },
  },
});
