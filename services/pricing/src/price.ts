import type { Quote } from '@stampede/contracts';
import { scaled, type Money } from '@stampede/money';

/** Steps from the list price, while half of a category is free, to the last seat. */
const STEPS = 10;
const STEP_RATIO = 0.05;

/** Fees as a share of the subtotal. */
const FEE_RATIO = 0.08;
/** Sales tax on subtotal and fees, by the venue's country; countries that are not here levy none. */
const TAX_RATIO: Readonly<Record<string, number>> = { US: 0.0875, CA: 0.13, MX: 0.16 };

export interface Demand {
  readonly listPrice: Money;
  readonly capacity: number;
  /** Free seats; null where nobody knows, then the list price stands. */
  readonly available: number | null;
}

/**
 * The price of one seat now: the list price while half of the category is free, then rising in steps of 5 % to 1.5
 * times. Steps, so that two buyers in the same moment see one price.
 */
export function seatPrice({ listPrice, capacity, available }: Demand): Money {
  if (available === null) return listPrice;
  const sold = Math.max(0, capacity - available);
  // Whole numbers, so no rounding decides a price.
  const steps = Math.floor((Math.max(0, 2 * sold - capacity) * STEPS) / capacity);
  return { amount: scaled(listPrice.amount, 1 + steps * STEP_RATIO), currency: listPrice.currency };
}

/** What `quantity` seats cost in the venue's country; each part is rounded once, and `total` is their sum. */
export function quoteFor(demand: Demand, quantity: number, countryCode: string): Omit<Quote, 'pricingVersion'> {
  const price = seatPrice(demand);
  const subtotal = price.amount * quantity;
  const fees = scaled(subtotal, FEE_RATIO);
  const tax = scaled(subtotal + fees, TAX_RATIO[countryCode] ?? 0);
  return { currency: price.currency, subtotal, fees, tax, total: subtotal + fees + tax };
}
