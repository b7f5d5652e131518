import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { ServiceParts } from '@stampede/service-kit';
import { CaptureController } from './capture.controller';
import { Ledger } from './ledger';
import { ReadCaptureController } from './read-capture.controller';
import { RefundController } from './refund.controller';
import { StatementController } from './statement.controller';

@Module({ controllers: [CaptureController, ReadCaptureController, RefundController, StatementController] })
export class PaymentProviderModule implements OnApplicationShutdown {
  constructor(private readonly ledger: Ledger) {}

  static with(ledger: Ledger): DynamicModule {
    return { module: PaymentProviderModule, providers: [{ provide: Ledger, useValue: ledger }] };
  }

  onApplicationShutdown(): void {
    this.ledger.close();
  }
}

/** The simulator over the ledger at `path`. */
export function partsOf(path: string): ServiceParts {
  return { module: PaymentProviderModule.with(new Ledger(path)) };
}
