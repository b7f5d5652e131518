import { Controller, Inject } from '@nestjs/common';
import { pricingApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import { CONFIG, Handle, Input } from '@stampede/service-kit';
import type { PricingConfig } from './config';
import { seatPrice } from './price';

const route = pricingApi.routes.priceCategories;

@Controller()
export class PriceCategoriesController {
  constructor(@Inject(CONFIG) private readonly config: PricingConfig) {}

  @Handle(route)
  price(@Input(route) { categories }: InputOf<typeof route>): ReplyOf<typeof route> {
    const prices = categories.map((demand) => ({ category: demand.category, price: seatPrice(demand) }));
    return { prices, pricingVersion: this.config.PRICING_VERSION };
  }
}
