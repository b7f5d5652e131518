import { wrongIn } from './quote-desk';

const listPrice = { amount: 10_000, currency: 'USD' };
const quote = { currency: 'USD', subtotal: 20_000, fees: 1_600, tax: 1_890, total: 23_490, pricingVersion: 'v2' };

test('a quote that is the sum of its parts is right, whatever a seat costs above its list price', () => {
  expect(wrongIn(quote, listPrice, 2)).toBeUndefined();
  expect(wrongIn({ ...quote, subtotal: 30_000, total: 33_490 }, listPrice, 2)).toBeUndefined();
  expect(wrongIn({ ...quote, fees: 0, tax: 0, total: 20_000 }, listPrice, 2)).toBeUndefined();
});

test.each([
  ['a cent more in all', { total: 23_491 }, 'the total is not the sum of its parts'],
  ['a cent less in all', { total: 23_489 }, 'the total is not the sum of its parts'],
  ['seats of two prices', { subtotal: 20_001, total: 23_491 }, 'the seats do not cost the same'],
  ['seats below their list price', { subtotal: 19_998, total: 23_488 }, 'a seat costs less than its list price'],
  ['another currency', { currency: 'MXN' }, 'the currency is not that of the list price'],
])('a quote with %s is wrong', (_, changes, why) => {
  expect(wrongIn({ ...quote, ...changes }, listPrice, 2)).toBe(why);
});
