import { Controller, Inject } from '@nestjs/common';
import { inventoryApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { DATABASE, Handle, Input, NotFound } from '@stampede/service-kit';
import { selectAvailability } from './block.sql';

const route = inventoryApi.routes.readAvailability;

@Controller()
export class ReadAvailabilityController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Handle(route)
  async read(@Input(route) { eventId }: InputOf<typeof route>): Promise<ReplyOf<typeof route>> {
    const categories = await selectAvailability(this.database, eventId);
    if (categories.length === 0) throw new NotFound('this event has no seats here');
    return { categories };
  }
}
