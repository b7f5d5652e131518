import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ORDERS_TOPIC, type CloudEvent } from '@stampede/contracts';
import type { Database, Tx } from '@stampede/db';
import { applyOnce } from '@stampede/outbox';
import { DATABASE } from '@stampede/service-kit';
import { usageOf } from './meter';
import { insertUsage } from './usage.sql';

const CONSUMER = 'billing.orders';

/** An order was confirmed: its tickets and its total are usage of its match, once. */
@Controller()
export class OrderSettledConsumer {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @EventPattern(ORDERS_TOPIC)
  async onOrderEvent(@Payload() event: CloudEvent): Promise<void> {
    usageOf(event); // refuses what breaks the contract before it can be parked and hold up its predecessor
    await this.database.transaction((tx) => applyOnce(tx, CONSUMER, event, (due) => meter(tx, due)));
  }
}

async function meter(tx: Tx, event: CloudEvent): Promise<void> {
  const usage = usageOf(event);
  if (usage !== undefined) await insertUsage(tx, usage);
}
