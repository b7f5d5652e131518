import { killEvery } from '@stampede/faults';
import {
  audit,
  claim,
  everyOrderEnded,
  failures,
  noSeatTwice,
  recovers,
  soldOutWhenGone,
  ticketsAtMost,
} from '@stampede/prove';

const SEATS = 100;
const MOST_SEATS = 2;

export default claim({
  id: 'L1',
  promise: 'No seat is sold twice when 500 buyers want the last 100 and replicas of inventory are killed every 2 s.',
  tier: 'local',
  shop: { replicas: { inventory: 3 } },
  load: {
    scenario: 'last-seats',
    settings: {
      buyers: 500,
      seats: SEATS,
      arriveMs: 10_000,
      ordersPerSecond: 0,
      pagesPerSecond: 8,
      mostSeats: MOST_SEATS,
      stands: 'sold_out',
    },
  },
  steadyState: [failures({ routes: ['event-page'], atMost: 0.1 })],
  fault: killEvery({ services: ['inventory'], everyMs: 2_000 }),
  holds: [
    noSeatTwice(),
    ticketsAtMost(SEATS),
    soldOutWhenGone({ seats: SEATS, spare: MOST_SEATS - 1 }),
    everyOrderEnded(),
    audit('C4'),
    recovers({ withinMs: 15_000 }),
  ],
  control: { off: 'lock-sections', bites: ['seats sold more than once', 'tickets sold'] },
  forms: {
    quick: { steadyMs: 6_000, faultMs: 14_000, recoveryMs: 8_000, repeat: 1 },
    full: { steadyMs: 10_000, faultMs: 30_000, recoveryMs: 20_000, repeat: 3 },
  },
});
