import { Inject, Injectable } from '@nestjs/common';
import type { CatalogEvent, InputOf, Price, Quote, publicRoutes } from '@stampede/contracts';
import type { Budget } from '@stampede/resilience';
import { CONFIG, LOG, NotFound, type Log } from '@stampede/service-kit';
import { metricsOf, type Metrics } from '@stampede/telemetry';
import type { GatewayConfig } from './config';
import { PricingUnavailable } from './errors';
import { EventPage, freeOf } from './event-page';
import { PEERS, type GatewayPeers } from './injected';

type Wish = InputOf<typeof publicRoutes.holdSeats>;

interface QuoteCall {
  readonly budget: Budget;
  /** The buyer asked for the version that is being released: see istio/release-policy.yaml. */
  readonly newVersion: boolean;
}

/** Asks pricing for what seats cost, and sells nothing at a total that does not add up. */
@Injectable()
export class QuoteDesk {
  private readonly metrics: Metrics;

  constructor(
    @Inject(PEERS) private readonly peers: GatewayPeers,
    private readonly page: EventPage,
    @Inject(LOG) private readonly log: Log,
    @Inject(CONFIG) { service }: GatewayConfig,
  ) {
    this.metrics = metricsOf(service);
  }

  /** @throws not_found, pricing_unavailable */
  async quote(event: CatalogEvent, wish: Wish, { budget, newVersion }: QuoteCall): Promise<Quote> {
    const { eventId, category, quantity } = wish;
    const part = event.categories.find((candidate) => candidate.category === category);
    if (part === undefined) throw new NotFound('this event has no such category');
    const available = freeOf(await this.page.availability(eventId), category);
    const demand = { category, listPrice: part.price, capacity: part.capacity, available };
    const { countryCode } = event.venue;
    const quote = await this.peers.pricing
      .quote(
        { eventId, demand, quantity, countryCode },
        { budget, priority: 'critical', idempotent: true, ...(newVersion ? { release: 'canary' } : {}) },
      )
      .catch((cause: unknown) => {
        throw new PricingUnavailable({ cause });
      });
    this.check(quote, part.price, quantity);
    return quote;
  }

  /** Counted by version: a release compares them. @throws pricing_unavailable for a quote that is wrong */
  private check(quote: Quote, listPrice: Price, quantity: number): void {
    const { pricingVersion } = quote;
    const wrong = wrongIn(quote, listPrice, quantity);
    this.metrics.count('checkedTotals', { pricing_version: pricingVersion });
    // A series that begins with its first wrong total would hide that one from a rate: it begins with none.
    this.metrics.count('wrongTotals', { pricing_version: pricingVersion }, wrong === undefined ? 0 : 1);
    if (wrong === undefined) return;
    this.log.error({ version: pricingVersion, reason: wrong }, 'a quote is wrong, and nothing is sold by it');
    throw new PricingUnavailable({ cause: new Error(wrong) });
  }
}

/**
 * What is wrong with a quote, whatever rule it was made by: a version may change what a seat costs, but not ask for
 * another sum than that of its parts, less than the list price, or in another currency. Undefined: nothing.
 */
export function wrongIn(quote: Quote, listPrice: Price, quantity: number): string | undefined {
  const { currency, subtotal, fees, tax, total } = quote;
  if (currency !== listPrice.currency) return 'the currency is not that of the list price';
  if (total !== subtotal + fees + tax) return 'the total is not the sum of its parts';
  if (subtotal % quantity !== 0) return 'the seats do not cost the same';
  if (subtotal < listPrice.amount * quantity) return 'a seat costs less than its list price';
  return undefined;
}
