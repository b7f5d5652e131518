import { Controller, Inject } from '@nestjs/common';
import { pricingApi, type InputOf, type Quote } from '@stampede/contracts';
import { CONFIG, Handle, Input } from '@stampede/service-kit';
import type { PricingConfig } from './config';
import { quoteFor } from './price';

const route = pricingApi.routes.quote;

@Controller()
export class QuoteController {
  constructor(@Inject(CONFIG) private readonly config: PricingConfig) {}

  /** Names its version, so that a wrong price can be traced to the one that made it. */
  @Handle(route, { priority: 'critical' })
  quote(@Input(route) { demand, quantity, countryCode }: InputOf<typeof route>): Quote {
    return { ...quoteFor(demand, quantity, countryCode), pricingVersion: this.config.PRICING_VERSION };
  }
}
