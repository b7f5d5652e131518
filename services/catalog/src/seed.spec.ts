import { seededEvents } from './seed';
import { localDate, offsetMinutes } from './venue-clock';

const NOW = new Date('2026-11-25T09:00:00Z');
const DAY_MS = 86_400_000;

test('the catalogue has 104 matches, the first at least 60 days and less than 67 days away', () => {
  const starts = seededEvents(NOW).map((event) => Date.parse(event.startsAt));
  expect(starts).toHaveLength(104);
  const leadDays = (Math.min(...starts) - NOW.getTime()) / DAY_MS;
  expect(leadDays).toBeGreaterThanOrEqual(60);
  expect(leadDays).toBeLessThan(67);
});

test('every match keeps its weekday and its hour at the venue', () => {
  const opening = seededEvents(NOW).find((event) => event.name.startsWith('Mexico v South Africa'));
  expect(opening).toMatchObject({ venue: { name: 'Estadio Azteca', city: 'Mexico City', countryCode: 'MX' } });
  const start = new Date(opening?.startsAt ?? '');
  expect(start.getUTCHours()).toBe(19); // 13:00 UTC-6
  expect(start.getUTCDay()).toBe(new Date('2026-06-11T19:00:00Z').getUTCDay());
});

test('the categories of a match add up to its stadium and are priced in its country', () => {
  const [first] = seededEvents(NOW);
  expect(first?.categories.reduce((sum, { capacity }) => sum + capacity, 0)).toBe(83_000);
  expect(first?.categories.map(({ capacity }) => capacity)).toEqual([8_300, 16_600, 24_900, 33_200]);
  expect(new Set(first?.categories.map(({ price }) => price.currency))).toEqual(new Set(['MXN']));
});

test('all 7.2 million seats are for sale', () => {
  const seats = seededEvents(NOW)
    .flatMap((event) => event.categories)
    .reduce((sum, { capacity }) => sum + capacity, 0);
  expect(seats).toBeGreaterThan(7_000_000);
});

test('an evening at the venue is the day before in UTC', () => {
  expect(localDate(new Date('2027-01-02T03:00:00Z'), offsetMinutes('UTC-7'))).toBe('2027-01-01');
  expect(() => offsetMinutes('PST')).toThrow(/no offset/);
});
