import { Controller, Inject } from '@nestjs/common';
import { inventoryApi, type Hold, type InputOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import type { Budget } from '@stampede/resilience';
import { CONFIG, DATABASE, DomainError, Handle, Input, NotFound, RequestBudget } from '@stampede/service-kit';
import { metricsOf } from '@stampede/telemetry';
import { blockExists } from './block.sql';
import type { InventoryConfig } from './config';
import { HoldDesk } from './hold-desk';
import { HoldKeys } from './hold-keys';

const route = inventoryApi.routes.holdSeats;

/**
 * Why no seat is sold twice: a seat is a bit of a section, and whoever takes it has locked the section and stores the
 * hold with it.
 */
@Controller()
export class HoldSeatsController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: InventoryConfig,
    private readonly desk: HoldDesk,
    private readonly keys: HoldKeys,
  ) {}

  @Handle(route, { priority: 'critical' })
  async hold(@Input(route) input: InputOf<typeof route>, @RequestBudget() budget: Budget): Promise<Hold> {
    const { buyerId, key, claimId, eventId, category, quantity, quote } = input;
    const claim = this.keys.resume(buyerId, key, claimId);
    if (!(await blockExists(this.database, eventId, category))) throw new NotFound('this event has no such category');
    const request = { holdId: claim.resourceId, buyerId, quantity, quote, owner: claim.owner };
    const metrics = metricsOf(this.config.service);
    try {
      const hold = await this.desk.hold({ eventId, category }, request, budget);
      metrics.count('holds', { outcome: 'held' });
      return hold;
    } catch (error) {
      if (error instanceof DomainError) metrics.count('holds', { outcome: error.code });
      throw error;
    }
  }
}
