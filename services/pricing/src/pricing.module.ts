import { Module } from '@nestjs/common';
import type { ServiceParts } from '@stampede/service-kit';
import type { PricingConfig } from './config';
import { defectOf } from './defects';
import { PriceCategoriesController } from './price-categories.controller';
import { QuoteController } from './quote.controller';

@Module({ controllers: [QuoteController, PriceCategoriesController] })
export class PricingModule {}

export const partsOf = ({ PRICING_VERSION }: PricingConfig): ServiceParts => ({
  module: PricingModule,
  ...defectOf(PRICING_VERSION),
});
