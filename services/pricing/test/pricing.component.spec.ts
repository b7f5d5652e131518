import { openService, type RunningService } from '@stampede/service-kit/testing';
import request from 'supertest';
import { settings } from '../src/config';
import { partsOf } from '../src/pricing.module';

const EVENT_ID = '0198f2a0-0000-7000-8000-000000000000';
const demand = { category: 'CAT1', listPrice: { amount: 10_000, currency: 'USD' }, capacity: 100, available: 0 };

let service: RunningService;
let http: ReturnType<typeof request>;

beforeAll(async () => {
  service = await openService({ settings, load: partsOf });
  http = request(service.url);
});
afterAll(() => service.stop());

test('the last seats of a category cost half as much again', async () => {
  const { body } = await http
    .post('/prices')
    .send({ eventId: EVENT_ID, categories: [demand] })
    .expect(200);
  expect(body).toEqual({
    prices: [{ category: 'CAT1', price: { amount: 15_000, currency: 'USD' } }],
    pricingVersion: 'v1',
  });
});

test('a quote is made for a country and a quantity', async () => {
  const { body } = await http
    .post('/quotes')
    .send({ eventId: EVENT_ID, demand, quantity: 2, countryCode: 'US' })
    .expect(200);
  expect(body).toMatchObject({ currency: 'USD', subtotal: 30_000, fees: 2_400, tax: 2_835, total: 35_235 });
});

test.each([0, 5, 1.5, '2'])('no quote is made for %s seats', async (quantity) => {
  const { body } = await http
    .post('/quotes')
    .send({ eventId: EVENT_ID, demand, quantity, countryCode: 'US' })
    .expect(400);
  expect(body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/quantity' }] });
});
