import { Controller, Inject } from '@nestjs/common';
import {
  BUYERS_TOPIC,
  buyerEventTypes,
  publicRoutes,
  type BuyerRegistered,
  type InputOf,
  type Session,
} from '@stampede/contracts';
import { uuidv7, type Database } from '@stampede/db';
import type { OutboxRelay } from '@stampede/outbox';
import { DATABASE, Input } from '@stampede/service-kit';
import { insertBuyer, selectBuyer } from './buyer.sql';
import { OUTBOX_RELAY } from './injected';
import { Public } from './public-route';
import { Tokens } from './tokens';

const route = publicRoutes.signIn;

@Controller()
export class SignInController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(OUTBOX_RELAY) private readonly relay: OutboxRelay,
    private readonly tokens: Tokens,
  ) {}

  /** A demo: whoever names an address is let in as its owner. */
  @Public('signIn')
  async signIn(@Input(route) { email }: InputOf<typeof route>): Promise<Session> {
    const address = email.toLowerCase();
    const buyerId = (await selectBuyer(this.database.kysely, address)) ?? (await this.register(address));
    return { ...(await this.tokens.issue({ id: buyerId, role: 'buyer' })), buyerId };
  }

  /** The address travels in an event of its own, so that no other event needs to carry it. */
  private register(email: string): Promise<string> {
    return this.database.transaction(async (tx) => {
      const buyerId = uuidv7();
      if (!(await insertBuyer(tx, buyerId, email))) return (await selectBuyer(tx, email)) as string;
      const data: BuyerRegistered = { buyerId, email };
      await this.relay.append(tx, { topic: BUYERS_TOPIC, type: buyerEventTypes.registered, subject: buyerId, data });
      return buyerId;
    });
  }
}
