import { Controller, Inject } from '@nestjs/common';
import { inventoryApi, type InputOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { DATABASE, Handle, Input } from '@stampede/service-kit';
import { insertBlocks } from './block.sql';

const route = inventoryApi.routes.openEvents;

@Controller()
export class OpenEventsController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** Seats of a known category are left as they are, whatever the request says. */
  @Handle(route)
  async open(@Input(route) { events }: InputOf<typeof route>): Promise<void> {
    const blocks = events.flatMap(({ eventId, categories }) => categories.map((part) => ({ eventId, ...part })));
    await this.database.transaction((tx) => insertBlocks(tx, blocks));
  }
}
