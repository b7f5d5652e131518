import { Controller, Inject } from '@nestjs/common';
import { catalogApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { DATABASE, Handle, Input } from '@stampede/service-kit';
import { selectDrafts } from './event.sql';

const route = catalogApi.routes.listDrafts;

/** One sweep's worth: its publication must fit into a request of 64 KiB. */
const MOST_DRAFTS = 200;

@Controller()
export class ListDraftsController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Handle(route, { priority: 'background' })
  async list(@Input(route) { minAgeMs }: InputOf<typeof route>): Promise<ReplyOf<typeof route>> {
    return { drafts: await selectDrafts(this.database.kysely, minAgeMs, MOST_DRAFTS) };
  }
}
