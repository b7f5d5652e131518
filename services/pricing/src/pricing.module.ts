import { Module } from '@nestjs/common';
import type { ServiceParts } from '@stampede/service-kit';
import { PriceCategoriesController } from './price-categories.controller';
import { QuoteController } from './quote.controller';

@Module({ controllers: [QuoteController, PriceCategoriesController] })
export class PricingModule {}

export const parts: ServiceParts = { module: PricingModule };
