import { uuidv7 } from '@stampede/db';
import { Unavailable } from '@stampede/service-kit';
import { BUYER, openOrders, type OpenOrders } from './open-orders';

let shop: OpenOrders;

afterEach(() => shop.close());

async function openWithout(mitigation: string): Promise<void> {
  shop = await openOrders({ STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: mitigation });
}

test('a lab that does not wait for the provider cancels the orders of its outage', async () => {
  await openWithout('wait-for-provider');
  shop.payments.handlers.capture = () => {
    shop.payments.handlers.capture = () => ({ outcome: 'captured' });
    throw new Unavailable('the provider is down, for a moment');
  };
  const { body } = await shop.place().expect(202);
  expect(await shop.settled(body.orderId, BUYER)).toMatchObject({ status: 'cancelled' });
});

test('a lab that forgets keys refuses the repeat of an order that it has accepted', async () => {
  await openWithout('remember-order-key');
  const [key, holdId] = [uuidv7(), uuidv7()];
  await shop.place({ key, holdId }).expect(202);
  const repeated = await shop.place({ key, holdId }).expect(409);
  expect(repeated.body).toMatchObject({ code: 'hold_used' });
  expect(repeated.headers).not.toHaveProperty('idempotent-replayed');
});
