import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { idempotencyMigration } from '@stampede/db';
import { KeySweep, type ServiceParts } from '@stampede/service-kit';
import { ClaimHoldController } from './claim-hold.controller';
import { ConfirmHoldController } from './confirm-hold.controller';
import { ExpireHolds } from './expire-holds';
import { HoldDesk } from './hold-desk';
import { HoldKeys } from './hold-keys';
import { HoldKeysController } from './hold-keys.controller';
import { HoldSeatsController } from './hold-seats.controller';
import { OpenEventsController } from './open-events.controller';
import { ReadAvailabilityController } from './read-availability.controller';
import { ReleaseHoldController } from './release-hold.controller';
import { ReleaseSeatsController } from './release-seats.controller';

@Module({
  controllers: [
    OpenEventsController,
    ReadAvailabilityController,
    HoldKeysController,
    HoldSeatsController,
    ReleaseHoldController,
    ClaimHoldController,
    ConfirmHoldController,
    ReleaseSeatsController,
  ],
  providers: [HoldDesk, HoldKeys, ExpireHolds, KeySweep],
})
export class InventoryModule {}

export const parts: ServiceParts = {
  module: InventoryModule,
  migrations: [idempotencyMigration, join(__dirname, '..', 'migrations')],
};
