import { call } from './call.ts';
import { setBegin } from './clock.ts';
import { logBegin } from './history.ts';
import type { Event, EventList } from './shapes.ts';
import { tokens } from './settings.ts';

/** What `setup` hands to every arrival. */
export interface Opening {
  readonly beganAtMs: number;
  readonly match: Match;
}

export interface Match {
  readonly eventId: string;
  readonly categories: readonly string[];
}

export interface MatchSettings {
  /** Seats of each category. */
  readonly capacity: number;
  /** Minor units of USD, for one seat. */
  readonly price: number;
  /** `CAT1,CAT2`. */
  readonly categories: string;
  /** 0: no waiting room. */
  readonly admitPerSecond: number;
}

const THIRTY_DAYS_MS = 2_592_000_000;

/** Settings of a scenario that opens a match. */
export const matchDefaults = {
  capacity: 5_000,
  price: 5_000,
  categories: 'CAT1,CAT2,CAT3,CAT4',
  admitPerSecond: 0,
} as const;

/**
 * Puts a match on sale, with all its seats free.
 *
 * @throws Error when the shop does not: nothing could be measured
 */
export function openMatch({ capacity, price, categories, admitPerSecond }: MatchSettings): Match {
  if (tokens.organiser === undefined)
    throw new Error("a match is opened with the organiser's token, and none is given");
  const reply = call<Event>('new-event', {
    method: 'POST',
    path: '/events',
    token: tokens.organiser,
    attempts: 1, // it has no key: a second attempt could open a second match
    random: Math.random,
    body: {
      name: 'Lab United - Control City',
      startsAt: new Date(Date.now() + THIRTY_DAYS_MS).toISOString(),
      onSaleAt: new Date().toISOString(),
      venue: { name: 'Proving Ground', city: 'Springfield', countryCode: 'US' },
      categories: categories.split(',').map((category) => ({
        category,
        capacity,
        price: { amount: price, currency: 'USD' },
      })),
      ...(admitPerSecond === 0 ? {} : { admitPerSecond }),
    },
  });
  if (reply.body === undefined) throw new Error(`no match could be opened: ${reply.status} ${reply.code ?? ''}`);
  return { eventId: reply.body.eventId, categories: categories.split(',') };
}

/** Matches that the shop sells already. @throws Error when there is none */
export function matchesOnSale(most: number): string[] {
  const path = `/events?onSale=true&pageSize=${most}`;
  const { body } = call<EventList>('event-list', { method: 'GET', path, random: Math.random });
  if (body === undefined || body.items.length === 0) throw new Error('the shop has no match on sale');
  return body.items.map(({ eventId }) => eventId);
}

/** Ends the setup: from then on time counts, and the runner knows. */
export function begin<Given>(given: Given, inMs = 0): Given & { readonly beganAtMs: number } {
  const beganAtMs = Date.now() + inMs;
  setBegin(beganAtMs);
  logBegin(beganAtMs);
  return { ...given, beganAtMs };
}
