import fc from 'fast-check';
import { quoteFor, seatPrice } from './price';

const listPrice = { amount: 10_000, currency: 'USD' };

test.each([
  [1_000, 10_000],
  [500, 10_000],
  [400, 11_000],
  [1, 14_500],
  [0, 15_000],
  [null, 10_000],
])('with %s of 1,000 seats free a seat at 100.00 costs %s cents', (available, amount) => {
  expect(seatPrice({ listPrice, capacity: 1_000, available })).toEqual({ amount, currency: 'USD' });
});

test('a quote adds fees, then the tax of the country', () => {
  expect(quoteFor({ listPrice, capacity: 100, available: 100 }, 2, 'CA')).toEqual({
    currency: 'USD',
    subtotal: 20_000,
    fees: 1_600,
    tax: 2_808,
    total: 24_408,
  });
  expect(quoteFor({ listPrice, capacity: 100, available: 100 }, 1, 'ZZ').tax).toBe(0);
});

test('every quote is whole, adds up, and never falls as seats go', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100_000_000 }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.nat(),
      (amount, capacity, seed) => {
        const available = seed % (capacity + 1);
        const quote = quoteFor({ listPrice: { amount, currency: 'USD' }, capacity, available }, 4, 'US');
        expect(Number.isSafeInteger(quote.total)).toBe(true);
        expect(quote.subtotal + quote.fees + quote.tax).toBe(quote.total);
        const emptier = seatPrice({
          listPrice: { amount, currency: 'USD' },
          capacity,
          available: Math.max(0, available - 1),
        });
        expect(emptier.amount).toBeGreaterThanOrEqual(
          seatPrice({ listPrice: { amount, currency: 'USD' }, capacity, available }).amount,
        );
      },
    ),
  );
});
