import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { CONFIG, type ServiceParts } from '@stampede/service-kit';
import { CaptureController } from './capture.controller';
import { Captures } from './captures.service';
import type { PaymentsConfig } from './config';
import { ProviderClient } from './provider.client';
import { RefundController } from './refund.controller';

@Module({
  controllers: [CaptureController, RefundController],
  providers: [
    Captures,
    { provide: ProviderClient, useFactory: (config: PaymentsConfig) => new ProviderClient(config), inject: [CONFIG] },
  ],
})
export class PaymentsModule {}

export const parts: ServiceParts = { module: PaymentsModule, migrations: [join(__dirname, '..', 'migrations')] };
