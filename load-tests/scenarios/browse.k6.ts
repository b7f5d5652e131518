import { look } from '../client/buyer.ts';
import { call } from '../client/call.ts';
import { setBegin } from '../client/clock.ts';
import { logSeen } from '../client/history.ts';
import { openModel } from '../client/load.ts';
import { begin, matchesOnSale } from '../client/match.ts';
import { randomOfArrival } from '../client/random.ts';
import { settingsOf } from '../client/settings.ts';

export { handleSummary } from '../client/summary.ts';

const settings = settingsOf({
  pagesPerSecond: 30,
  listsPerSecond: 5,
  /** Of how many matches the pages are looked at. */
  matches: 20,
});

/** Visitors who buy nothing. */
export const options = openModel(
  { exec: 'visitor', perSecond: settings.pagesPerSecond },
  { exec: 'reader', perSecond: settings.listsPerSecond },
);

interface Programme {
  readonly beganAtMs: number;
  readonly eventIds: readonly string[];
}

export function setup(): Programme {
  return begin({ eventIds: matchesOnSale(settings.matches) });
}

export function visitor({ beganAtMs, eventIds }: Programme): void {
  setBegin(beganAtMs);
  const random = randomOfArrival();
  const eventId = eventIds[Math.floor(random() * eventIds.length)];
  if (eventId !== undefined) look(eventId, random);
}

export function reader({ beganAtMs }: Programme): void {
  setBegin(beganAtMs);
  const list = call('event-list', { method: 'GET', path: '/events?onSale=true', random: randomOfArrival() });
  logSeen('visit', { end: list.body === undefined ? 'turned-away' : 'looked' });
}
