import { Controller } from '@nestjs/common';
import { pricingApi, type InputOf, type Quote } from '@stampede/contracts';
import { Handle, Input } from '@stampede/service-kit';
import { quoteFor } from './price';

const route = pricingApi.routes.quote;

@Controller()
export class QuoteController {
  @Handle(route, { priority: 'critical' })
  quote(@Input(route) { demand, quantity, countryCode }: InputOf<typeof route>): Quote {
    return quoteFor(demand, quantity, countryCode);
  }
}
