import { buy, look } from '../client/buyer.ts';
import { setBegin } from '../client/clock.ts';
import { buyingDefaults, intentOf } from '../client/intent.ts';
import { stagedModel } from '../client/load.ts';
import { begin, matchDefaults, type Opening, openMatch } from '../client/match.ts';
import { randomOfArrival } from '../client/random.ts';
import { settingsOf } from '../client/settings.ts';
import { stagesOf } from '../client/stages.ts';

export { handleSummary } from '../client/summary.ts';

const settings = settingsOf({
  /** The trace, one step after the other: `[{"ratePerSecond": 52.3, "durationMs": 1000}]`. */
  stages: '',
  /** Share (0..1) of the visitors who buy. */
  buyerRatio: 0.2,
  /** A match that is on sale; '': one is opened. */
  eventId: '',
  ...matchDefaults,
  ...buyingDefaults,
  paymentTokens: 'tok_ok:90,tok_declined:4,tok_insufficient_funds:2,tok_slow:1,tok_lost_response:2,tok_error_once:1',
  mostSeats: 4,
});

/** The crowd of a real match day, as `npx stampede onsale` sends it. */
export const options = stagedModel('visitor', stagesOf(settings.stages));

export function setup(): Opening {
  const { eventId, categories } = settings;
  return begin({ match: eventId === '' ? openMatch(settings) : { eventId, categories: categories.split(',') } });
}

export function visitor({ beganAtMs, match }: Opening): void {
  setBegin(beganAtMs);
  const random = randomOfArrival();
  if (random() < settings.buyerRatio) buy(beganAtMs, intentOf(match, settings, random), random);
  else look(match.eventId, random);
}
