import { buy, look } from '../client/buyer.ts';
import { setBegin } from '../client/clock.ts';
import { buyingDefaults, intentOf } from '../client/intent.ts';
import { openModel } from '../client/load.ts';
import { begin, matchDefaults, type Opening, openMatch } from '../client/match.ts';
import { randomOfArrival } from '../client/random.ts';
import { settingsOf } from '../client/settings.ts';

export { handleSummary } from '../client/summary.ts';

const settings = settingsOf({ ordersPerSecond: 8, pagesPerSecond: 20, ...matchDefaults, ...buyingDefaults });

/** Buyers and visitors of one match, at steady rates. */
export const options = openModel(
  { exec: 'buyer', perSecond: settings.ordersPerSecond },
  { exec: 'visitor', perSecond: settings.pagesPerSecond },
);

export function setup(): Opening {
  return begin({ match: openMatch(settings) });
}

export function buyer({ beganAtMs, match }: Opening): void {
  setBegin(beganAtMs);
  const random = randomOfArrival();
  buy(beganAtMs, intentOf(match, settings, random), random);
}

export function visitor({ beganAtMs, match }: Opening): void {
  setBegin(beganAtMs);
  look(match.eventId, randomOfArrival());
}
