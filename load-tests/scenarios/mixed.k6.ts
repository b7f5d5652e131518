import { buy, look } from '../client/buyer.ts';
import { setBegin } from '../client/clock.ts';
import { buyingDefaults, intentOf } from '../client/intent.ts';
import { stagedModel } from '../client/load.ts';
import { begin, matchDefaults, type Opening, openMatch } from '../client/match.ts';
import { randomOfArrival } from '../client/random.ts';
import { settingsOf } from '../client/settings.ts';
import { overload, stagesOf } from '../client/stages.ts';

export { handleSummary } from '../client/summary.ts';

const settings = settingsOf({
  /** Arrivals in the steady phase and in the recovery. */
  ratePerSecond: 50,
  /** Of that rate, one after the other while the fault lasts. */
  multiples: '2,4,8',
  /** Instead of rate and multiples: `[{"ratePerSecond": 50, "durationMs": 5000}]`, from the begin on. */
  stages: '',
  /** Share (0..1) of arrivals who buy, the critical class; the others look at the page. */
  ordersRatio: 0.05,
  /** A visit that takes longer may make k6 run short of virtual users. */
  visitMs: 3_000,
  ...matchDefaults,
  ...buyingDefaults,
  capacity: 50_000,
  mostSeats: 1,
});

/** More arrivals than the shop can serve, a few of them orders. */
export const options = stagedModel(
  'visitor',
  settings.stages === '' ? overload(settings.ratePerSecond, settings.multiples) : stagesOf(settings.stages),
  settings.visitMs,
);

export function setup(): Opening {
  return begin({ match: openMatch(settings) });
}

export function visitor({ beganAtMs, match }: Opening): void {
  setBegin(beganAtMs);
  const random = randomOfArrival();
  if (random() < settings.ordersRatio) buy(beganAtMs, intentOf(match, settings, random), random);
  else look(match.eventId, random);
}
