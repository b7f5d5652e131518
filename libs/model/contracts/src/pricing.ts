import { z } from 'zod';
import { Amount, Capacity, Category, Currency, Id, ListPrice, Price } from './primitives';
import { api, route } from './route';

/** What a buyer will be charged for a hold, frozen with it. `total` = subtotal + fees + tax. */
export const Quote = z
  .object({
    currency: Currency,
    subtotal: Amount,
    fees: Amount,
    tax: Amount,
    total: Amount,
    pricingVersion: z.string(),
  })
  .meta({ id: 'Quote' });
export type Quote = z.output<typeof Quote>;

const Demand = z.strictObject({
  category: Category,
  listPrice: ListPrice,
  capacity: Capacity,
  /** Free seats; null where availability cannot be had, then the list price stands. */
  available: z.int().min(0).nullable(),
});

export const pricingApi = api('pricing', {
  /** The price of one seat of each category by its demand. */
  priceCategories: route({
    method: 'POST',
    path: '/prices',
    body: z.strictObject({ eventId: Id, categories: z.array(Demand).min(1).max(4) }),
    reply: z.object({ prices: z.array(z.object({ category: Category, price: Price })), pricingVersion: z.string() }),
    status: 200,
    codes: [],
  }),
  quote: route({
    method: 'POST',
    path: '/quotes',
    body: z.strictObject({
      eventId: Id,
      demand: Demand,
      quantity: z.int().min(1).max(4),
      countryCode: z.string().length(2),
    }),
    reply: Quote,
    status: 200,
    codes: [],
  }),
});
