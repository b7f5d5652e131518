import { join } from 'node:path';
import { Inject, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Bus } from '@stampede/bus';
import { ORDERS_TOPIC } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { inboxMigration, parkedEvents, purgeInbox } from '@stampede/outbox';
import { BUS, CONFIG, DATABASE, type ServiceParts } from '@stampede/service-kit';
import { metricsOf, watchBusLag, watchInbox } from '@stampede/telemetry';
import type { BillingConfig } from './config';
import { Meters } from './meters.service';
import { OrderSettledConsumer } from './order-settled.consumer';

const DAY_MS = 86_400_000;
const PURGE_EVERY_MS = 60_000;
/** Small, so that a purge never holds locks for long. */
const PURGE_ROWS = 1_000;

@Module({ controllers: [OrderSettledConsumer], providers: [Meters] })
export class BillingModule implements OnApplicationBootstrap, OnModuleDestroy {
  private purging: NodeJS.Timeout | undefined;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: BillingConfig,
  ) {}

  onApplicationBootstrap(): void {
    const metrics = metricsOf(this.config.service);
    watchBusLag(metrics, this.bus, ORDERS_TOPIC, this.config.service);
    watchInbox(metrics, () => parkedEvents(this.database));
    // What one purge could not do is made up for by the next.
    this.purging = setInterval(() => void this.purge().catch(() => undefined), PURGE_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.purging);
  }

  private async purge(): Promise<void> {
    const keepMs = this.config.BILLING_KEEP_DAYS * DAY_MS;
    let purged = PURGE_ROWS;
    while (purged === PURGE_ROWS) purged = await purgeInbox(this.database, { keepMs, limit: PURGE_ROWS });
  }
}

export const parts: ServiceParts = {
  module: BillingModule,
  migrations: [inboxMigration, join(__dirname, '..', 'migrations')],
  adminRoutes: (app) => ({ 'GET /meters': async () => ({ meters: await app.get(Meters).read() }) }),
};
