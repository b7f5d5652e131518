import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ORDERS_TOPIC, type CloudEvent } from '@stampede/contracts';
import type { Database, Tx } from '@stampede/db';
import { applyOnce } from '@stampede/outbox';
import { CONFIG, DATABASE } from '@stampede/service-kit';
import { mitigated } from '@stampede/topology';
import type { BillingConfig } from './config';
import { usageOf } from './meter';
import { insertUsage } from './usage.sql';

const CONSUMER = 'billing.orders';

/** An order was confirmed: its tickets and its total are usage of its match, once. */
@Controller()
export class OrderSettledConsumer {
  private readonly apply: typeof applyOnce;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) { env }: BillingConfig,
  ) {
    this.apply = mitigated('inbox', applyOnce, asItComes, env);
  }

  @EventPattern(ORDERS_TOPIC)
  async onOrderEvent(@Payload() event: CloudEvent): Promise<void> {
    usageOf(event); // refuses what breaks the contract before it can be parked and hold up its predecessor
    await this.database.transaction((tx) => this.apply(tx, CONSUMER, event, (due) => meter(tx, due)));
  }
}

/** As if the bus delivered each event once and in its turn. What is metered twice then is refused by its table. */
const asItComes: typeof applyOnce = async (_tx, _consumer, event, effect) => {
  await effect(event);
  return 'applied';
};

async function meter(tx: Tx, event: CloudEvent): Promise<void> {
  const usage = usageOf(event);
  if (usage !== undefined) await insertUsage(tx, usage);
}
