import type { EventSummary } from '@stampede/contracts';

/** Host cities by the first words of their name. The shop gives times in UTC; a buyer wants the time on the
 *  stadium's clock. */
const zones: Record<string, string> = {
  Vancouver: 'America/Vancouver',
  Toronto: 'America/Toronto',
  Guadalajara: 'America/Mexico_City',
  'Mexico City': 'America/Mexico_City',
  Monterrey: 'America/Monterrey',
  Seattle: 'America/Los_Angeles',
  'San Francisco Bay Area': 'America/Los_Angeles',
  'Los Angeles': 'America/Los_Angeles',
  Houston: 'America/Chicago',
  Dallas: 'America/Chicago',
  'Kansas City': 'America/Chicago',
  Atlanta: 'America/New_York',
  Miami: 'America/New_York',
  Boston: 'America/New_York',
  Philadelphia: 'America/New_York',
  'New York/New Jersey': 'America/New_York',
};

/** The venue's IANA time zone, or undefined for a city this page does not know. */
export function zoneOf(venue: EventSummary['venue']): string | undefined {
  const city = venue.city.replace(/ \(.*\)$/, '');
  return Object.hasOwn(zones, city) ? zones[city] : undefined;
}
