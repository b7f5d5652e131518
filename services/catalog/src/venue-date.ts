import type { NewEvent } from '@stampede/contracts';
import { stadiums } from './stadiums';
import { localDate, offsetMinutes } from './venue-clock';

let clockByCity: ReadonlyMap<string, number> | undefined;

/** The day an event starts on its venue's clock; a city that is not among the fixtures is taken to be on UTC. */
export function venueDate({ startsAt, venue }: NewEvent): string {
  clockByCity ??= new Map([...stadiums()].map(([city, { timezone }]) => [city, offsetMinutes(timezone)]));
  return localDate(new Date(startsAt), clockByCity.get(venue.city) ?? 0);
}
