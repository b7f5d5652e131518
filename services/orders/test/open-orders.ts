import { inventoryApi, paymentsApi, type Hold } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { fakePeer, openService, type FakePeer, type RunningService } from '@stampede/service-kit/testing';
import request from 'supertest';
import { settings } from '../src/config';
import { parts } from '../src/orders.module';

const QUOTE = { currency: 'USD', subtotal: 100, fees: 8, tax: 9, total: 117, pricingVersion: 'v1' } as const;
const SEATS = [
  { section: '101', row: 'A', number: 1 },
  { section: '101', row: 'A', number: 2 },
];

/**
 * Orders over real PostgreSQL, with inventory and payments made from their contracts; every hold is good and every card
 * pays, unless a test says otherwise.
 */
export interface OpenOrders {
  readonly inventory: FakePeer<typeof inventoryApi>;
  readonly payments: FakePeer<typeof paymentsApi>;
  readonly orders: TestDatabase;
  readonly replicas: RunningService[];
  http(replica?: number): ReturnType<typeof request>;
  place(options?: PlaceOptions): request.Test;
  /** The order at its end. */
  settled(orderId: string, buyerId: string): Promise<Record<string, unknown>>;
  addReplica(env?: Record<string, string>): Promise<RunningService>;
  close(): Promise<void>;
}

export interface PlaceOptions {
  readonly buyerId?: string;
  readonly key?: string;
  readonly holdId?: string;
  readonly prefer?: string;
  readonly replica?: number;
}

export const BUYER = uuidv7();

export function asBuyer(buyerId = BUYER): Record<string, string> {
  return { 'x-caller-id': buyerId, 'x-caller-role': 'buyer' };
}

export function holdOf(holdId: string): Hold {
  return {
    holdId,
    eventId: uuidv7(),
    category: 'CAT1',
    seats: SEATS,
    expiresAt: '2999-01-01T00:00:00.000Z',
    quote: QUOTE,
  };
}

export async function openOrders(env: Record<string, string> = {}): Promise<OpenOrders> {
  const inventory = await fakePeer(inventoryApi, {
    claimHold: ({ holdId }) => holdOf(holdId),
    confirmHold: () => ({ seats: SEATS }),
    releaseSeats: () => undefined,
  });
  const payments = await fakePeer(paymentsApi, {
    capture: () => ({ outcome: 'captured' }),
    settleCapture: () => ({ outcome: 'captured' }),
    refund: () => ({ outcome: 'refunded' }),
  });
  const [orders, bus] = [await testDatabase('orders'), await testDatabase('bus')];
  const replicas: RunningService[] = [];
  const addReplica = async (more: Record<string, string> = {}) => {
    const replica = await openService({
      settings,
      load: () => parts,
      env: {
        ORDERS_DATABASE_URL: orders.url,
        BUS_DATABASE_URL: bus.url,
        INVENTORY_URLS: inventory.url,
        PAYMENTS_URLS: payments.url,
        ORDERS_WATCH_POLL_MS: '10',
        ...env,
        ...more,
      },
    });
    replicas.push(replica);
    return replica;
  };
  await addReplica();
  const http = (replica = 0) => request(replicas[replica]?.url ?? '');
  const close = async () => {
    for (const replica of replicas) await replica.stop();
    await Promise.all([inventory.close(), payments.close()]);
    await Promise.all([orders.drop(), bus.drop()]);
  };
  const place = ({ buyerId = BUYER, key = uuidv7(), holdId = uuidv7(), prefer, replica = 0 }: PlaceOptions = {}) => {
    const test = http(replica).post('/orders').set(asBuyer(buyerId)).set('idempotency-key', key);
    if (prefer !== undefined) test.set('prefer', prefer);
    return test.send({ holdId, paymentToken: 'tok_ok' });
  };
  const settled = async (orderId: string, buyerId: string) => {
    for (;;) {
      const { body } = await http().get(`/orders/${orderId}`).set(asBuyer(buyerId)).expect(200);
      if (body.status !== 'pending') return body as Record<string, unknown>;
    }
  };
  return { inventory, payments, orders, replicas, http, place, settled, addReplica, close };
}
