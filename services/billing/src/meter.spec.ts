import { orderEventTypes, type CloudEvent } from '@stampede/contracts';
import { readMeters, usageOf, type UsageEvent } from './meter';

const ORDER_ID = '019a0000-0000-7000-8000-000000000001';
const MATCH_ID = '019a0000-0000-7000-8000-000000000002';

function event(type: string, data: object = {}): CloudEvent {
  const order = {
    orderId: ORDER_ID,
    eventId: MATCH_ID,
    buyerId: '019a0000-0000-7000-8000-000000000003',
    status: 'confirmed',
    category: 'CAT1',
    quantity: 2,
    total: 9_900,
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

function usage(meterSubject: string, tickets: number, revenue: number, currency = 'USD'): UsageEvent {
  return { usageId: '', orderId: '', meterSubject, tickets, revenue, currency, occurredAt: new Date(0) };
}

test('a confirmed order is usage of its match, under the id of its event', () => {
  const told = event(orderEventTypes.confirmed);
  expect(usageOf(told)).toEqual({
    usageId: told.id,
    meterSubject: MATCH_ID,
    orderId: ORDER_ID,
    tickets: 2,
    revenue: 9_900,
    currency: 'USD',
    occurredAt: new Date('2026-06-01T00:00:00Z'),
  });
});

test.each(['placed', 'declined', 'cancelled', 'refunded'] as const)('an order that was %s is no usage', (end) => {
  expect(usageOf(event(orderEventTypes[end]))).toBeUndefined();
});

test('an event that breaks the contract is refused, one of a later type is passed over', () => {
  expect(() => usageOf(event(orderEventTypes.confirmed, { currency: 'dollars' }))).toThrow();
  expect(() => usageOf({ ...event(orderEventTypes.placed), subject: 'order-1' })).toThrow();
  expect(usageOf({ ...event('stampede.order.gifted'), data: null })).toBeUndefined();
});

test('meters add up by match and currency, however the usage is cut and ordered', () => {
  const events = [usage('a', 2, 500), usage('b', 1, 300, 'CAD'), usage('a', 4, 700), usage('a', 1, 100, 'MXN')];
  const whole = readMeters(new Map(), events);
  expect(Object.fromEntries(whole)).toEqual({
    a: { orders: 3, tickets: 7, revenue: { USD: 1_200, MXN: 100 } },
    b: { orders: 1, tickets: 1, revenue: { CAD: 300 } },
  });
  const first = readMeters(new Map(), events.slice(2));
  expect(readMeters(first, events.slice(0, 2))).toEqual(whole);
  expect(first.get('b')).toBeUndefined();
});

test('revenue is exact or refused', () => {
  expect(() => readMeters(new Map(), [usage('a', 1, Number.MAX_SAFE_INTEGER), usage('a', 1, 1)])).toThrow(RangeError);
});
