import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AuditReport, Category, Event, Hold, Order, Session } from '@stampede/contracts';
import { request } from 'undici';
import { Calls } from './calls';

export interface Buyer {
  readonly buyerId: string;
  readonly accessToken: string;
}

/** A hold that knows whose it is. */
export interface HeldSeats extends Hold {
  readonly buyer: Buyer;
}

export interface NewMatch {
  readonly capacity?: number;
  readonly admitPerSecond?: number;
}

export interface Wish {
  /** Default: somebody who never was here. */
  readonly buyer?: Buyer;
  /** Default: a match of this test's own with seats for everybody. */
  readonly eventId?: string;
  readonly category?: Category;
  readonly quantity?: number;
}

export interface OrderWish {
  readonly hold: HeldSeats;
  readonly paymentToken: string;
  readonly key?: string;
}

const PRICE = { amount: 5_000, currency: 'USD' };
const SEATS_FOR_EVERYBODY = 5_000;
const DAY_MS = 86_400_000;
/** An order with everything against it takes its deadline, 120 s; what is tested here takes less. */
const PATIENCE_MS = 90_000;
const PAUSE_MS = 50;

/** A shop as its buyers and its operator use it: what must go well goes well, or throws what was answered instead. */
export class Buyers {
  private match: Promise<Event> | undefined;

  private constructor(
    readonly calls: Calls,
    readonly operatorToken: string,
    readonly organiserToken: string,
  ) {}

  /** `calls` is closed with the shop. */
  static async at(calls: Calls, gatewayAdminUrl: string): Promise<Buyers> {
    const tokenOf = (role: string) => issueToken(gatewayAdminUrl, role);
    return new Buyers(calls, await tokenOf('operator'), await tokenOf('organiser'));
  }

  async signIn(email = `${randomUUID()}@example.test`): Promise<Buyer> {
    return this.calls.insistOn<Session>(201, 'POST', '/sessions', { body: { email } });
  }

  /** A match of its own with one category, on sale at once. */
  openMatch({ capacity = SEATS_FOR_EVERYBODY, admitPerSecond }: NewMatch = {}): Promise<Event> {
    const now = Date.now();
    const body = {
      name: 'Spain v Argentina',
      startsAt: new Date(now + 90 * DAY_MS).toISOString(),
      onSaleAt: new Date(now - DAY_MS).toISOString(),
      venue: { name: 'MetLife Stadium', city: 'New York/New Jersey (East Rutherford)', countryCode: 'US' },
      categories: [{ category: 'CAT1', capacity, price: PRICE }],
      ...(admitPerSecond === undefined ? {} : { admitPerSecond }),
    };
    return this.calls.insistOn<Event>(201, 'POST', '/events', { token: this.organiserToken, body });
  }

  async hold({ buyer, eventId, category = 'CAT1', quantity = 1 }: Wish = {}): Promise<HeldSeats> {
    const who = buyer ?? (await this.signIn());
    const body = { eventId: eventId ?? (await this.usualMatch()).eventId, category, quantity };
    const call = { token: who.accessToken, key: randomUUID(), body };
    return { ...(await this.calls.insistOn<Hold>(201, 'POST', '/holds', call)), buyer: who };
  }

  /** Accepted, not yet finished. */
  placeOrder({ hold: { holdId, buyer }, paymentToken, key = randomUUID() }: OrderWish): Promise<Order> {
    const call = { token: buyer.accessToken, key, body: { holdId, paymentToken } };
    return this.calls.insistOn<Order>(202, 'POST', '/orders', call);
  }

  /** The order at its end. @throws Error with the order as it is after 90 s */
  async settled(orderId: string): Promise<Order> {
    const call = { token: this.operatorToken };
    for (const deadline = Date.now() + PATIENCE_MS; ; await delay(PAUSE_MS)) {
      const order = await this.calls.insistOn<Order>(200, 'GET', `/orders/${orderId}`, call);
      if (order.status !== 'pending') return order;
      if (Date.now() > deadline) throw new Error(`still pending: ${JSON.stringify(order)}`);
    }
  }

  audit(): Promise<AuditReport> {
    return this.calls.insistOn<AuditReport>(200, 'GET', '/audit', { token: this.operatorToken });
  }

  /**
   * The audit of a shop that has come to rest: nothing is in flight any more. @throws Error with the audit after 90 s
   */
  async auditAtRest(): Promise<AuditReport> {
    for (const deadline = Date.now() + PATIENCE_MS; ; await delay(PAUSE_MS)) {
      const report = await this.audit();
      if (report.invariants.every(({ inFlight }) => inFlight === 0)) return report;
      if (Date.now() > deadline) throw new Error(`still in flight: ${JSON.stringify(report)}`);
    }
  }

  private usualMatch(): Promise<Event> {
    this.match ??= this.openMatch();
    return this.match;
  }
}

async function issueToken(gatewayAdminUrl: string, role: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ role });
  const answer = await request(`${gatewayAdminUrl}/tokens`, { method: 'POST', headers, body });
  return ((await answer.body.json()) as { accessToken: string }).accessToken;
}
