import { inTurn, poisonMessages, repeatedMessages, swappedMessages } from '@stampede/faults';
import { audit, claim, everyOrderEnded, failures, metersMatchOrders, putAside, recovers } from '@stampede/prove';

/** notifications and billing, each with a dead letter of its own for the same poison. */
const CONSUMERS = 2;
const TRIES = 5;

export default claim({
  id: 'L13',
  promise: 'A poison message is put aside and holds nobody up, and what comes twice or in the wrong order counts once.',
  tier: 'local',
  load: { scenario: 'buy', settings: { ordersPerSecond: 8, pagesPerSecond: 5, follow: 'no' } },
  steadyState: [failures({ atMost: 0.05 })],
  fault: inTurn(
    { forMs: 2_000, fault: poisonMessages({ everyMs: 10_000, count: 1 }) }, // five tries take 17 s
    { forMs: 6_000, fault: repeatedMessages({ everyMs: 1_500, count: 20 }) },
    { forMs: 10_000, fault: swappedMessages({ everyMs: 200 }) },
  ),
  holds: [
    putAside({ letters: CONSUMERS, tries: TRIES }),
    metersMatchOrders(), // those behind the poison as well, and what came twice once
    audit('C5'),
    everyOrderEnded(),
    recovers({ withinMs: 30_000 }),
  ],
  control: {
    off: 'dead-letters',
    bites: ['billing metered'],
    // Tables refuse a second effect as well: without the inbox what comes twice is poison that holds up the rest.
    also: [{ off: 'inbox', bites: ['billing metered'] }],
  },
  forms: {
    quick: { steadyMs: 6_000, faultMs: 19_000, recoveryMs: 20_000, repeat: 1 },
    full: { steadyMs: 15_000, faultMs: 30_000, recoveryMs: 60_000, repeat: 10 },
  },
});
