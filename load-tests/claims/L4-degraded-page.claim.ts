import { inTurn, stopService } from '@stampede/faults';
import { claim, failedAttempts, latency, pagesSay, recovers } from '@stampede/prove';

export default claim({
  id: 'L4',
  promise: 'With pricing gone, then catalog, the page of an event still answers within 300 ms and says what it lacks.',
  tier: 'local',
  load: { scenario: 'browse', settings: { pagesPerSecond: 45, listsPerSecond: 0, matches: 5, attempts: 1 } },
  steadyState: [failedAttempts({ atMost: 0.02 }), latency({ quantile: 0.95, belowMs: 300 })],
  fault: inTurn({ forMs: 9_000, fault: stopService('pricing') }, { forMs: 9_000, fault: stopService('catalog') }),
  thresholds: { 'http_req_duration{route:event-page,phase:fault}': ['p(99)<300'] },
  holds: [
    failedAttempts({ routes: ['event-page'], during: ['fault'], atMost: 0.005 }),
    latency({ routes: ['event-page'], during: ['fault'], quantile: 0.99, belowMs: 300 }),
    pagesSay({ parts: ['pricing', 'event'], atLeast: 0.1 }), // an event is old once catalog was away for 4 s
    recovers({ withinMs: 15_000 }),
  ],
  control: { off: 'page-in-parts', bites: ['attempts that failed'] },
  forms: {
    quick: { steadyMs: 6_000, faultMs: 25_000, recoveryMs: 8_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 25_000, recoveryMs: 20_000, repeat: 1 },
  },
});
