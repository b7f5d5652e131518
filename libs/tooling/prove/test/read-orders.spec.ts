import type { Order } from '@stampede/contracts';
import { readOrders } from '../src/read-orders';
import { FakeWorld } from './fake-world';

const { signal } = new AbortController();
const order = { orderId: 'o-1' } as Order;

test('an order that the shop cannot show is asked for again; one that it does not know is lost', async () => {
  const world = new FakeWorld({ failuresPerSecond: () => 0 });
  let asked = 0;
  const orderOf = async (id: string) => {
    if (id === 'lost') return undefined;
    if ((asked += 1) < 4) throw new Error('order o-1 cannot be read: 503');
    return order;
  };
  const { orders, unread } = await readOrders({ world, shop: { orderOf }, signal }, new Set(['o-1', 'lost']));
  expect([...orders]).toEqual([
    ['lost', undefined],
    ['o-1', order],
  ]);
  expect(unread).toEqual([]);
});

test('what cannot be read for twenty seconds is unread, and not lost', async () => {
  const world = new FakeWorld({ failuresPerSecond: () => 0 });
  const from = world.now();
  const orderOf = () => Promise.reject(new Error('503'));
  const { orders, unread } = await readOrders({ world, shop: { orderOf }, signal }, new Set(['o-1']));
  expect([orders.size, unread]).toEqual([0, ['o-1']]);
  expect(world.now() - from).toBeLessThan(21_000);
});
