import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ORDERS_TOPIC, type CloudEvent } from '@stampede/contracts';
import type { Database, Tx } from '@stampede/db';
import { applyOnce } from '@stampede/outbox';
import { DATABASE } from '@stampede/service-kit';
import { letterOf } from './letter';
import { insertMail, lockBuyer } from './mail.sql';
import { OUTBOUND_MAIL, type OutboundMail } from './outbound-mail';

const CONSUMER = 'notifications.orders';

/** An order ended: its buyer gets one letter, also where his address comes later than the order. */
@Controller()
export class OrderSettledConsumer {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(OUTBOUND_MAIL) private readonly outbound: OutboundMail,
  ) {}

  @EventPattern(ORDERS_TOPIC)
  async onOrderEvent(@Payload() event: CloudEvent): Promise<void> {
    letterOf(event); // refuses what breaks the contract before it can be parked and hold up its predecessor
    await this.database.transaction((tx) => applyOnce(tx, CONSUMER, event, (due) => this.write(tx, due)));
  }

  private async write(tx: Tx, event: CloudEvent): Promise<void> {
    const ended = letterOf(event);
    if (ended === undefined) return;
    const { orderId, buyerId } = ended.order;
    const mail = { ...ended.letter, mailId: event.id, orderId, buyerId };
    const address = await lockBuyer(tx, buyerId);
    await insertMail(tx, mail);
    if (address !== null) await this.outbound.deliver(tx, mail, address);
  }
}
