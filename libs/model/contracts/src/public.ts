import { z } from 'zod';
import { AuditReport } from './audit';
import { EventQuery, EventSummary, NewEvent, Venue } from './catalog';
import { Hold } from './inventory';
import { Order, PlaceOrder } from './orders';
import { Capacity, Category, Id, Instant, PageQuery, Price, Role, pageOf } from './primitives';
import { type Route, route } from './route';

/** The prefix of every public route. */
export const PUBLIC_PREFIX = '/api/v1';

/** A route of the public API: what OpenAPI says of it beyond a service's own route. */
export interface PublicRoute extends Route {
  readonly summary: string;
  /** Who may call it; `anyone` needs no token. */
  readonly roles: 'anyone' | readonly Role[];
  /** Whether it takes an `Idempotency-Key`. */
  readonly keyed?: boolean;
  /** Other request headers it reads. */
  readonly requestHeaders?: readonly ('Prefer' | 'Admission-Token' | 'Last-Event-ID')[];
  /** Further successes by status; `z.void()` for an empty body. */
  readonly alsoReplies?: Readonly<Record<number, z.ZodType>>;
  /** Headers that a success carries. */
  readonly replyHeaders?: readonly ('Location' | 'Preference-Applied' | 'Idempotent-Replayed')[];
  /** Media type of a success, when not JSON. */
  readonly mediaType?: string;
}

/** Keeps literal types, as `route` does. */
function open<const R extends PublicRoute>(definition: R): R {
  return route(definition);
}

export const Email = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$/,
    'must be an e-mail address',
  );

export const NewSession = z.strictObject({ email: Email }).meta({ id: 'NewSession' });
export const Session = z.object({ accessToken: z.string(), expiresAt: Instant, buyerId: Id }).meta({ id: 'Session' });
export type Session = z.output<typeof Session>;

export const DegradedPart = z.enum(['event', 'availability', 'pricing']);
export type DegradedPart = z.output<typeof DegradedPart>;

/** The event page. A part that cannot be had is `null` and named in `degraded`. */
export const Event = EventSummary.extend({
  venue: Venue,
  categories: z.array(
    z.object({ category: Category, price: Price.nullable(), capacity: Capacity, available: z.int().nullable() }),
  ),
  degraded: z.array(DegradedPart),
}).meta({ id: 'Event' });
export type Event = z.output<typeof Event>;

export const QueuePlace = z
  .object({
    state: z.enum(['waiting', 'admitted']),
    position: z.int().min(0),
    estimatedWaitSeconds: z.int().min(0),
    admissionToken: z.string().optional(),
  })
  .meta({ id: 'QueuePlace' });
export type QueuePlace = z.output<typeof QueuePlace>;

export const HoldSeats = z
  .strictObject({ eventId: Id, category: Category, quantity: z.int().min(1).max(4) })
  .meta({ id: 'HoldSeats' });
export type HoldSeats = z.output<typeof HoldSeats>;

const EventId = z.object({ eventId: Id });
const OrderId = z.object({ orderId: Id });
const KEY_CODES = ['idempotency_key_missing', 'idempotency_in_flight', 'idempotency_conflict'] as const;

/** The whole public API; the OpenAPI document is built from it, and the gateway has one row for each. */
export const publicRoutes = {
  signIn: open({
    summary: 'Sign in with an e-mail address (demo)',
    method: 'POST',
    path: '/sessions',
    roles: 'anyone',
    body: NewSession,
    reply: Session,
    status: 201,
    codes: [],
  }),
  listEvents: open({
    summary: 'List events',
    method: 'GET',
    path: '/events',
    roles: 'anyone',
    query: EventQuery,
    reply: pageOf(EventSummary),
    status: 200,
    codes: [],
  }),
  readEvent: open({
    summary: 'One event with live prices and availability',
    method: 'GET',
    path: '/events/{eventId}',
    roles: 'anyone',
    params: EventId,
    reply: Event,
    status: 200,
    codes: ['not_found'],
  }),
  createEvent: open({
    summary: 'Put an event on sale',
    method: 'POST',
    path: '/events',
    roles: ['organiser'],
    body: NewEvent,
    reply: Event,
    status: 201,
    codes: [],
  }),
  joinQueue: open({
    summary: 'Join the waiting room of an event',
    method: 'POST',
    path: '/events/{eventId}/queue',
    roles: ['buyer'],
    params: EventId,
    reply: QueuePlace,
    status: 202,
    codes: ['not_found'],
  }),
  readQueue: open({
    summary: 'Your place in the waiting room',
    method: 'GET',
    path: '/events/{eventId}/queue',
    roles: ['buyer'],
    params: EventId,
    reply: QueuePlace,
    status: 200,
    codes: ['not_found'],
  }),
  holdSeats: open({
    summary: 'Hold seats for two minutes',
    method: 'POST',
    path: '/holds',
    roles: ['buyer'],
    keyed: true,
    requestHeaders: ['Admission-Token'],
    body: HoldSeats,
    reply: Hold,
    status: 201,
    replyHeaders: ['Idempotent-Replayed'],
    codes: [
      ...KEY_CODES,
      'not_found',
      'not_on_sale',
      'sale_closed',
      'not_admitted',
      'purchase_limit',
      'sold_out',
      'pricing_unavailable',
    ],
  }),
  releaseHold: open({
    summary: 'Give a hold back',
    method: 'DELETE',
    path: '/holds/{holdId}',
    roles: ['buyer'],
    params: z.object({ holdId: Id }),
    reply: z.void(),
    status: 204,
    codes: ['not_found', 'hold_used'],
  }),
  placeOrder: open({
    summary: 'Order the held seats',
    method: 'POST',
    path: '/orders',
    roles: ['buyer'],
    keyed: true,
    requestHeaders: ['Prefer'],
    body: PlaceOrder,
    reply: Order,
    status: 202,
    alsoReplies: { 201: Order },
    replyHeaders: ['Location', 'Preference-Applied', 'Idempotent-Replayed'],
    codes: [...KEY_CODES, 'not_found', 'hold_expired', 'hold_used'],
  }),
  listOrders: open({
    summary: 'Your orders, newest first',
    method: 'GET',
    path: '/orders',
    roles: ['buyer'],
    query: PageQuery,
    reply: pageOf(Order),
    status: 200,
    codes: [],
  }),
  readOrder: open({
    summary: 'One order',
    method: 'GET',
    path: '/orders/{orderId}',
    roles: ['buyer', 'operator'],
    params: OrderId,
    reply: Order,
    status: 200,
    codes: ['not_found'],
  }),
  streamOrder: open({
    summary: 'The progress of one order as server-sent events',
    method: 'GET',
    path: '/orders/{orderId}/stream',
    roles: ['buyer'],
    params: OrderId,
    requestHeaders: ['Last-Event-ID'],
    reply: z.string(),
    status: 200,
    mediaType: 'text/event-stream',
    alsoReplies: { 204: z.void() },
    codes: ['not_found'],
  }),
  audit: open({
    summary: 'Check the invariants C1 to C5 now',
    method: 'GET',
    path: '/audit',
    roles: ['operator'],
    reply: AuditReport,
    status: 200,
    codes: [],
  }),
} as const satisfies Record<string, PublicRoute>;

export type PublicOperation = keyof typeof publicRoutes;
