import { day, minutes, money, roughly, time } from './format';

test('money is shown by the currency’s own number of decimals', () => {
  expect(money(123_456, 'USD')).toContain('1,234.56');
  expect(money(123_456, 'JPY')).toContain('123,456');
  expect(money(5, 'MXN')).toContain('0.05');
});

test('times are the stadium’s, and a city without a known zone says which zone it shows', () => {
  const startsAt = '2027-06-12T02:00:00.000Z';
  const vancouver = { startsAt, venue: { name: 'BC Place', city: 'Vancouver', countryCode: 'CA' } };
  expect(day(vancouver)).toContain('Friday');
  expect(time(vancouver)).toMatch(/^(19:00|7:00.PM)$/i);
  const elsewhere = { startsAt, venue: { name: 'Ground', city: 'Atlantis', countryCode: 'XX' } };
  expect(time(elsewhere)).toMatch(/[A-Z]/);
});

test('waits are told the way people say them', () => {
  expect(minutes(65)).toBe('1:05');
  expect(roughly(20)).toBe('less than a minute');
  expect(roughly(70)).toBe('about a minute');
  expect(roughly(600)).toBe('about 10 minutes');
  expect(roughly(3 * 3_600)).toBe('about 3 hours');
});
