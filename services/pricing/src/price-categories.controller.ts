import { Controller } from '@nestjs/common';
import { pricingApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import { Handle, Input } from '@stampede/service-kit';
import { PRICING_VERSION, seatPrice } from './price';

const route = pricingApi.routes.priceCategories;

@Controller()
export class PriceCategoriesController {
  @Handle(route)
  price(@Input(route) { categories }: InputOf<typeof route>): ReplyOf<typeof route> {
    const prices = categories.map((demand) => ({ category: demand.category, price: seatPrice(demand) }));
    return { prices, pricingVersion: PRICING_VERSION };
  }
}
