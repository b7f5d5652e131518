import { Controller, Inject } from '@nestjs/common';
import { inventoryApi, type Hold, type InputOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { CONFIG, DATABASE, Handle, Input } from '@stampede/service-kit';
import type { InventoryConfig } from './config';
import { HoldExpired, HoldUsed, NoSuchHold } from './errors';
import { claimForOrder, holdView, selectHold } from './hold.sql';

const route = inventoryApi.routes.claimHold;

@Controller()
export class ClaimHoldController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: InventoryConfig,
  ) {}

  @Handle(route, { priority: 'critical' })
  async claim(@Input(route) { holdId, buyerId, orderId }: InputOf<typeof route>): Promise<Hold> {
    const ttlMs = this.config.INVENTORY_CLAIM_TTL_MS;
    const claimed = await claimForOrder(this.database, { holdId, buyerId, orderId, ttlMs });
    if (claimed !== undefined) return holdView(claimed);
    const hold = await selectHold(this.database.kysely, holdId);
    if (hold === undefined || hold.buyer_id !== buyerId) throw new NoSuchHold();
    if (hold.order_id !== null && hold.order_id !== orderId) throw new HoldUsed();
    if (hold.state === 'sold' || (hold.state === 'claimed' && !hold.over)) return holdView(hold);
    throw new HoldExpired();
  }
}
