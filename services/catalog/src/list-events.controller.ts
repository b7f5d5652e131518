import { Controller, Inject } from '@nestjs/common';
import { catalogApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { DATABASE, Handle, Input } from '@stampede/service-kit';
import { selectPage } from './event.sql';

const route = catalogApi.routes.listEvents;

@Controller()
export class ListEventsController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Handle(route)
  async list(@Input(route) { page, pageSize, ...filter }: InputOf<typeof route>): Promise<ReplyOf<typeof route>> {
    const found = await selectPage(this.database.kysely, filter, pageSize, (page - 1) * pageSize);
    return { ...found, page, pageSize };
  }
}
