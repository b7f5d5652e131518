import type { Event } from '@stampede/contracts';
import { randomBytes } from 'node:crypto';

/** UUIDv7, increasing within a process. */
let last = 0;
export function newId(): string {
  last = Math.max(last + 1, Date.now());
  const hex = last.toString(16).padStart(12, '0') + randomBytes(10).toString('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const SHARE_OF_CAPACITY = [0.1, 0.2, 0.3, 0.4];
const DOLLARS = [560, 390, 210, 85];

const venues: readonly [string, string, string, number][] = [
  ['Estadio Azteca', 'Mexico City', 'MX', 83_000],
  ['Estadio Akron', 'Guadalajara (Zapopan)', 'MX', 48_000],
  ['BMO Field', 'Toronto', 'CA', 45_000],
  ['SoFi Stadium', 'Los Angeles (Inglewood)', 'US', 70_000],
  ['BC Place', 'Vancouver', 'CA', 54_000],
  ['MetLife Stadium', 'New York/New Jersey (East Rutherford)', 'US', 82_500],
];
const pairs: readonly [string, string][] = [
  ['Mexico', 'South Africa'],
  ['South Korea', 'Czech Republic'],
  ['Canada', 'Bosnia & Herzegovina'],
  ['USA', 'Paraguay'],
  ['Qatar', 'Switzerland'],
  ['Brazil', 'Morocco'],
];
const currencies: Record<string, string> = { MX: 'MXN', CA: 'CAD', US: 'USD' };
const MATCHES = 42;

/** A small tournament, two months ahead: enough for three pages. */
export function tournament(nowMs: number): Event[] {
  const firstMs = Math.floor(nowMs / DAY_MS) * DAY_MS + 60 * DAY_MS + 19 * HOUR_MS;
  return Array.from({ length: MATCHES }, (_, index) => {
    const [first, second] = pairs[(index + Math.floor(index / 6)) % 6] ?? ['Spain', 'Argentina'];
    const startsAt = new Date(firstMs + Math.floor(index / 3) * DAY_MS + (index % 3) * 3 * HOUR_MS);
    return match(`${first} v ${second}`, startsAt, index, { onSaleAt: new Date(nowMs - DAY_MS) });
  });
}

/** A match at one of the venues. */
export function match(
  name: string,
  startsAt: Date,
  index: number,
  options: { onSaleAt: Date; waitingRoom?: boolean },
): Event {
  const [venue, city, countryCode, capacity] = venues[index % venues.length] ?? [
    'Estadio Azteca',
    'Mexico City',
    'MX',
    83_000,
  ];
  const currency = currencies[countryCode] ?? 'USD';
  return {
    eventId: newId(),
    name,
    startsAt: startsAt.toISOString(),
    onSaleAt: options.onSaleAt.toISOString(),
    onSale: options.onSaleAt.getTime() <= Date.now(),
    waitingRoom: options.waitingRoom ?? false,
    venue: { name: venue, city, countryCode },
    categories: SHARE_OF_CAPACITY.map((share, category) => {
      const seats = Math.round(capacity * share);
      const amount = (DOLLARS[category] ?? 0) * 100 * (currency === 'MXN' ? 18 : 1);
      const sold = Math.round(seats * ((index * 37 + category * 23) % 90) * 0.01);
      return {
        category: `CAT${category + 1}` as 'CAT1',
        price: { amount, currency },
        capacity: seats,
        available: seats - sold,
      };
    }),
    degraded: [],
  };
}
