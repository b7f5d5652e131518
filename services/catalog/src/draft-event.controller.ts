import { Controller, Inject } from '@nestjs/common';
import { catalogApi, type CatalogEvent, type InputOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { DATABASE, Handle, Input, NotFound } from '@stampede/service-kit';
import { insertDrafts, selectEvent } from './event.sql';
import { venueDate } from './venue-date';

const route = catalogApi.routes.draftEvent;

@Controller()
export class DraftEventController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Handle(route)
  async draft(@Input(route) { eventId, event, organiserId }: InputOf<typeof route>): Promise<CatalogEvent> {
    return this.database.transaction(async (tx) => {
      await insertDrafts(tx, [{ eventId, organiserId, localDate: venueDate(event), event }]);
      const stored = await selectEvent(tx, eventId);
      if (stored === undefined) throw new NotFound('the draft is gone');
      return stored;
    });
  }
}
