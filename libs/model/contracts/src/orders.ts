import { z } from 'zod';
import { Amount, Category, Currency, Id, Instant, PageQuery, Seat, pageOf } from './primitives';
import { api, route } from './route';

export const OrderStatus = z.enum(['pending', 'confirmed', 'declined', 'cancelled', 'refunded']);
export type OrderStatus = z.output<typeof OrderStatus>;

/** Why an order did not end `confirmed`. */
export const FailureCode = z.enum(['card_declined', 'insufficient_funds', 'hold_lost', 'deadline_passed']);
export type FailureCode = z.output<typeof FailureCode>;

export const TimelineStep = z.enum([
  'placed',
  'confirm-hold',
  'capture',
  'issue-tickets',
  'settle',
  'release-seats',
  'refund',
]);
export const TimelineOutcome = z.enum(['done', 'declined', 'lost', 'unknown', 'never', 'timed-out']);
export const TimelineEntry = z
  .object({ at: Instant, step: TimelineStep, outcome: TimelineOutcome })
  .meta({ id: 'TimelineEntry' });
export type TimelineEntry = z.output<typeof TimelineEntry>;

export const Ticket = z.object({ ticketId: Id, seat: Seat, code: z.string() }).meta({ id: 'Ticket' });
export type Ticket = z.output<typeof Ticket>;

export const Order = z
  .object({
    orderId: Id,
    eventId: Id,
    holdId: Id,
    status: OrderStatus,
    total: Amount,
    currency: Currency,
    seats: z.array(Seat),
    tickets: z.array(Ticket),
    failure: z.object({ code: FailureCode, detail: z.string() }).optional(),
    timeline: z.array(TimelineEntry),
  })
  .meta({ id: 'Order' });
export type Order = z.output<typeof Order>;

/** A single-use reference to a card, made by the provider's page; opaque here, and never logged. */
export const PlaceOrder = z
  .strictObject({
    holdId: Id,
    paymentToken: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable characters'),
  })
  .meta({ id: 'PlaceOrder' });
export type PlaceOrder = z.output<typeof PlaceOrder>;

const OrderId = z.object({ orderId: Id });

export const ordersApi = api('orders', {
  placeOrder: route({
    method: 'POST',
    path: '/orders',
    body: PlaceOrder,
    reply: Order,
    status: 202,
    codes: [
      'idempotency_key_missing',
      'idempotency_in_flight',
      'idempotency_conflict',
      'not_found',
      'hold_expired',
      'hold_used',
    ],
  }),
  listOrders: route({ method: 'GET', path: '/orders', query: PageQuery, reply: pageOf(Order), status: 200, codes: [] }),
  readOrder: route({
    method: 'GET',
    path: '/orders/{orderId}',
    params: OrderId,
    reply: Order,
    status: 200,
    codes: ['not_found'],
  }),
  streamOrder: route({
    method: 'GET',
    path: '/orders/{orderId}/stream',
    params: OrderId,
    reply: z.string(),
    status: 200,
    codes: ['not_found'],
  }),
});

/** `data` of every order event. It carries no e-mail and nothing of the card. */
export const OrderEventData = z.object({
  orderId: Id,
  eventId: Id,
  buyerId: Id,
  status: OrderStatus,
  category: Category,
  quantity: z.int(),
  total: Amount,
  currency: Currency,
  failureCode: FailureCode.optional(),
});
export type OrderEventData = z.output<typeof OrderEventData>;

export const orderEventTypes = {
  placed: 'stampede.order.placed',
  confirmed: 'stampede.order.confirmed',
  declined: 'stampede.order.declined',
  cancelled: 'stampede.order.cancelled',
  refunded: 'stampede.order.refunded',
} as const;
