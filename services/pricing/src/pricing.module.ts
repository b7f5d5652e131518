import { Module } from '@nestjs/common';
import { PriceCategoriesController } from './price-categories.controller';
import { QuoteController } from './quote.controller';

@Module({ controllers: [QuoteController, PriceCategoriesController] })
export class PricingModule {}
