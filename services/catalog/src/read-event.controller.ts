import { Controller, Inject } from '@nestjs/common';
import { catalogApi, type CatalogEvent, type InputOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { DATABASE, Handle, Input, NotFound } from '@stampede/service-kit';
import { selectPublished } from './event.sql';

const route = catalogApi.routes.readEvent;

@Controller()
export class ReadEventController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Handle(route, { priority: 'critical' })
  async read(@Input(route) { eventId }: InputOf<typeof route>): Promise<CatalogEvent> {
    const event = await selectPublished(this.database.kysely, eventId);
    if (event === undefined) throw new NotFound('there is no such event');
    return event;
  }
}
