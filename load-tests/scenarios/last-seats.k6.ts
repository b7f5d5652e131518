import { buy, look } from '../client/buyer.ts';
import { setBegin } from '../client/clock.ts';
import { buyingDefaults, intentOf } from '../client/intent.ts';
import { openModel } from '../client/load.ts';
import { begin, type Match, openMatch } from '../client/match.ts';
import { randomOfArrival } from '../client/random.ts';
import { settingsOf, timing } from '../client/settings.ts';

export { handleSummary } from '../client/summary.ts';

const settings = settingsOf({
  buyers: 500,
  /** Within so long all of them arrive, from the first moment of the fault on. */
  arriveMs: 5_000,
  /** All that is left of the match. */
  seats: 100,
  price: 5_000,
  /** Visitors of its page, all the time. */
  pagesPerSecond: 5,
  /** Buyers of another match that has seats enough, all the time. */
  ordersPerSecond: 2,
  ...buyingDefaults,
});

/** They want it badly: they ask until they have it or are told that it is sold out. */
const ATTEMPTS = 200;
const SECOND_MS = 1_000;

/** Many buyers, at once, for the last seats of one category. */
export const options = openModel(
  {
    exec: 'lateBuyer',
    perSecond: (settings.buyers * SECOND_MS) / settings.arriveMs,
    fromMs: timing.steadyMs,
    forMs: settings.arriveMs,
    visitMs: settings.arriveMs,
  },
  { exec: 'visitor', perSecond: settings.pagesPerSecond },
  { exec: 'buyer', perSecond: settings.ordersPerSecond },
);

interface TwoMatches {
  readonly beganAtMs: number;
  readonly match: Match;
  readonly other: Match;
}

export function setup(): TwoMatches {
  const { price, seats } = settings;
  const match = openMatch({ capacity: seats, price, categories: 'CAT1', admitPerSecond: 0 });
  const other = openMatch({ capacity: 5_000, price, categories: 'CAT1,CAT2', admitPerSecond: 0 });
  return begin({ match, other });
}

export function lateBuyer({ beganAtMs, match }: TwoMatches): void {
  setBegin(beganAtMs);
  const random = randomOfArrival();
  buy(beganAtMs, { ...intentOf(match, settings, random), attempts: ATTEMPTS }, random);
}

export function buyer({ beganAtMs, other }: TwoMatches): void {
  setBegin(beganAtMs);
  const random = randomOfArrival();
  buy(beganAtMs, intentOf(other, settings, random), random);
}

export function visitor({ beganAtMs, match }: TwoMatches): void {
  setBegin(beganAtMs);
  look(match.eventId, randomOfArrival());
}
