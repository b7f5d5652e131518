import { join } from 'node:path';
import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import type { Database } from '@stampede/db';
import { CONFIG, DATABASE, type ServiceParts } from '@stampede/service-kit';
import type { CatalogConfig } from './config';
import { DraftEventController } from './draft-event.controller';
import { ListDraftsController } from './list-drafts.controller';
import { ListEventsController } from './list-events.controller';
import { PublishEventsController } from './publish-events.controller';
import { ReadEventController } from './read-event.controller';
import { seedOnce } from './seed-once';

@Module({
  controllers: [
    ListEventsController,
    ReadEventController,
    DraftEventController,
    ListDraftsController,
    PublishEventsController,
  ],
})
export class CatalogModule implements OnModuleInit {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: CatalogConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.config.CATALOG_SEED) await seedOnce(this.database, new Date());
  }
}

export const parts: ServiceParts = { module: CatalogModule, migrations: [join(__dirname, '..', 'migrations')] };
