import { Controller, Inject } from '@nestjs/common';
import { catalogApi, type InputOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { DATABASE, Handle, Input } from '@stampede/service-kit';
import { publish } from './event.sql';

const route = catalogApi.routes.publishEvents;

@Controller()
export class PublishEventsController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Handle(route)
  async publish(@Input(route) { eventIds }: InputOf<typeof route>): Promise<void> {
    await publish(this.database.kysely, eventIds);
  }
}
