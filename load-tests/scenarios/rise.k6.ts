import type { Options } from 'k6/options';
import { buy, look } from '../client/buyer.ts';
import { setBegin } from '../client/clock.ts';
import { buyingDefaults, intentOf } from '../client/intent.ts';
import { openModel, type Stage, stagedModel } from '../client/load.ts';
import { begin, matchDefaults, matchesOnSale, type Opening, openMatch } from '../client/match.ts';
import { randomOfArrival } from '../client/random.ts';
import { settingsOf, timing } from '../client/settings.ts';

export { handleSummary } from '../client/summary.ts';

const settings = settingsOf({
  /** Visitors in calm times: before, after, and as the unit of `rise`. */
  pagesPerSecond: 5,
  /** Buyers of one match, who come as ever. */
  ordersPerSecond: 0.5,
  /** How the crowd grows, step by step, as multiples of `pagesPerSecond`. */
  rise: '1,2,5,10',
  stepMs: 5_000,
  /** The last step lasts so much longer. */
  topMs: 10_000,
  /** Steps that the run's first rise leaves out: the steady phase was as calm. */
  calmSteps: 0,
  /** Of how many matches the pages are looked at. */
  matches: 20,
  visitMs: 5_000,
  ...matchDefaults,
  ...buyingDefaults,
});

interface Programme extends Opening {
  readonly eventIds: readonly string[];
}

const crowd = stagedModel('visitor', stages(), settings.visitMs);
const buyers = openModel({ exec: 'buyer', perSecond: settings.ordersPerSecond });

/** A crowd that grows to many times its size, one time after the other for as long as the fault lasts, and buyers. */
export const options: Options = { ...crowd, scenarios: { ...buyers.scenarios, ...crowd.scenarios } };

/** Calm, then rises until the fault's end, the last one cut short by it, then calm. */
function stages(): Stage[] {
  const { pagesPerSecond, stepMs, topMs, calmSteps } = settings;
  const rates = settings.rise.split(',').map((times) => Number(times) * pagesPerSecond);
  const last = rates.at(-1) ?? 0;
  if (!rates.every((rate) => rate > 0)) throw new Error(`rise: "${settings.rise}" is not as "1,2,5,10"`);
  const steps = rates.map((ratePerSecond) => ({ ratePerSecond, durationMs: stepMs }));
  const rise = [...steps, { ratePerSecond: last, durationMs: topMs }];
  const during: Stage[] = [];
  let leftMs = timing.faultMs;
  for (let next = rise.slice(calmSteps); leftMs > 0; next = rise) {
    for (const { ratePerSecond, durationMs } of next) {
      if (leftMs > 0) during.push({ ratePerSecond, durationMs: Math.min(leftMs, durationMs) });
      leftMs -= durationMs;
    }
  }
  const calm = (durationMs: number) => ({ ratePerSecond: pagesPerSecond, durationMs });
  return [calm(timing.steadyMs), ...during, calm(timing.recoveryMs)];
}

export function setup(): Programme {
  const eventIds = matchesOnSale(settings.matches);
  return begin({ match: openMatch(settings), eventIds });
}

export function buyer({ beganAtMs, match }: Programme): void {
  setBegin(beganAtMs);
  const random = randomOfArrival();
  buy(beganAtMs, intentOf(match, settings, random), random);
}

export function visitor({ beganAtMs, eventIds }: Programme): void {
  setBegin(beganAtMs);
  const random = randomOfArrival();
  const eventId = eventIds[Math.floor(random() * eventIds.length)];
  if (eventId !== undefined) look(eventId, random);
}
