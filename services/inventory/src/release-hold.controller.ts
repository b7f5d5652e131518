import { Controller, Inject } from '@nestjs/common';
import { inventoryApi, type InputOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { Caller, CONFIG, DATABASE, Handle, Input, type CallerIdentity } from '@stampede/service-kit';
import { metricsOf } from '@stampede/telemetry';
import type { InventoryConfig } from './config';
import { endHoldsNow } from './end-holds';
import { HoldUsed, NoSuchHold } from './errors';
import { lockHold } from './hold.sql';

const route = inventoryApi.routes.releaseHold;

@Controller()
export class ReleaseHoldController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: InventoryConfig,
  ) {}

  @Handle(route)
  async release(@Input(route) { holdId }: InputOf<typeof route>, @Caller() buyer: CallerIdentity): Promise<void> {
    const released = await this.database.transaction(async (tx) => {
      const hold = await lockHold(tx, holdId);
      if (hold === undefined || hold.buyer_id !== buyer.id) throw new NoSuchHold();
      if (hold.order_id !== null) throw new HoldUsed();
      if (hold.state !== 'held') return false;
      await endHoldsNow(tx, [hold], 'released');
      return true;
    });
    if (released) metricsOf(this.config.service).count('holds', { outcome: 'released' });
  }
}
