import { orderEventTypes, type CloudEvent } from '@stampede/contracts';
import { letterOf } from './letter';

const ORDER_ID = '019a0000-0000-7000-8000-000000000001';

function event(type: string, data: object = {}): CloudEvent {
  const order = {
    orderId: ORDER_ID,
    eventId: '019a0000-0000-7000-8000-000000000002',
    buyerId: '019a0000-0000-7000-8000-000000000003',
    status: 'confirmed',
    category: 'CAT1',
    quantity: 2,
    total: 123_450,
    currency: 'USD',
    ...data,
  };
  const id = '019a0000-0000-7000-8000-000000000004';
  const time = '2026-06-01T00:00:00Z';
  return {
    specversion: '1.0',
    id,
    type,
    source: 'orders',
    time,
    subject: ORDER_ID,
    sequence: 2,
    dataversion: '1',
    data: order,
  };
}

test('each end of an order has its letter', () => {
  expect(letterOf(event(orderEventTypes.confirmed))?.letter).toEqual({
    subject: 'Your 2 tickets in CAT1',
    body: `You have 2 tickets in CAT1, charged USD 1,234.50. They are under "my orders", order ${ORDER_ID}.`,
  });
  expect(letterOf(event(orderEventTypes.declined, { failureCode: 'insufficient_funds', quantity: 1 }))?.letter).toEqual(
    {
      subject: 'Your order was declined',
      body: `Order ${ORDER_ID} of 1 ticket in CAT1 was declined: your card has too little money. You were not charged.`,
    },
  );
  expect(letterOf(event(orderEventTypes.cancelled, { failureCode: 'hold_lost' }))?.letter.body).toMatch(
    /no longer held/,
  );
  expect(letterOf(event(orderEventTypes.refunded, { currency: 'JPY' }))?.letter.body).toMatch(
    /given back JPY 123,450\./,
  );
});

test('a placed order and types of later versions ask for no letter, whatever they carry', () => {
  expect(letterOf(event(orderEventTypes.placed))).toBeUndefined();
  expect(letterOf({ ...event('stampede.order.gifted'), data: null })).toBeUndefined();
});

test('an event that breaks the contract is refused', () => {
  expect(() => letterOf(event(orderEventTypes.confirmed, { total: -1 }))).toThrow();
  expect(() => letterOf({ ...event(orderEventTypes.placed), subject: 'order-1' })).toThrow();
});
