import { Controller, Inject } from '@nestjs/common';
import { inventoryApi, type InputOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { DATABASE, Handle, Input } from '@stampede/service-kit';
import { endHoldsNow } from './end-holds';
import { lockHold } from './hold.sql';

const route = inventoryApi.routes.releaseSeats;

@Controller()
export class ReleaseSeatsController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** Compensation: whatever the order has of this hold is free again; done also where it has nothing. */
  @Handle(route, { priority: 'critical' })
  async release(@Input(route) { holdId, orderId }: InputOf<typeof route>): Promise<void> {
    await this.database.transaction(async (tx) => {
      const hold = await lockHold(tx, holdId);
      if (hold?.order_id !== orderId || (hold.state !== 'claimed' && hold.state !== 'sold')) return;
      await endHoldsNow(tx, [hold], 'released');
    });
  }
}
