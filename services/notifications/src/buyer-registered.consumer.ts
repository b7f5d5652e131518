import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { BUYERS_TOPIC, BuyerRegistered, buyerEventTypes, type CloudEvent } from '@stampede/contracts';
import type { Database, Tx } from '@stampede/db';
import { applyOnce } from '@stampede/outbox';
import { DATABASE } from '@stampede/service-kit';
import { selectWaiting, storeAddress } from './mail.sql';
import { OUTBOUND_MAIL, type OutboundMail } from './outbound-mail';

const CONSUMER = 'notifications.buyers';

/** A buyer has an address: it is kept, and the letters that waited for it are delivered. */
@Controller()
export class BuyerRegisteredConsumer {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(OUTBOUND_MAIL) private readonly outbound: OutboundMail,
  ) {}

  @EventPattern(BUYERS_TOPIC)
  async onBuyerEvent(@Payload() event: CloudEvent): Promise<void> {
    buyerOf(event); // refuses what breaks the contract before it can be parked and hold up its predecessor
    await this.database.transaction((tx) => applyOnce(tx, CONSUMER, event, (due) => this.learn(tx, due)));
  }

  private async learn(tx: Tx, event: CloudEvent): Promise<void> {
    const buyer = buyerOf(event);
    if (buyer === undefined) return;
    await storeAddress(tx, buyer.buyerId, buyer.email);
    for (const letter of await selectWaiting(tx, buyer.buyerId)) await this.outbound.deliver(tx, letter, buyer.email);
  }
}

/** Undefined for types that only later versions know. @throws ZodError, which does not quote the address */
function buyerOf(event: CloudEvent): BuyerRegistered | undefined {
  return event.type === buyerEventTypes.registered ? BuyerRegistered.parse(event.data) : undefined;
}
