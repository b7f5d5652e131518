import { z } from 'zod';
import { Quote } from './pricing';
import { Capacity, Category, Id, Instant, Seat } from './primitives';
import { api, route } from './route';

export const Hold = z
  .object({ holdId: Id, eventId: Id, category: Category, seats: z.array(Seat), expiresAt: Instant, quote: Quote })
  .meta({ id: 'Hold' });
export type Hold = z.output<typeof Hold>;

const HoldId = z.object({ holdId: Id });
const EventId = z.object({ eventId: Id });
const OfOrder = z.strictObject({ orderId: Id });

/** An answer kept under an Idempotency-Key. */
export const StoredAnswer = z.object({ status: z.int(), body: z.unknown(), location: z.string().optional() });
export type StoredAnswer = z.output<typeof StoredAnswer>;

export const inventoryApi = api('inventory', {
  /** Idempotent: the capacity of a known event is left as it is. */
  openEvents: route({
    method: 'PUT',
    path: '/events',
    body: z.strictObject({
      events: z.array(
        z.strictObject({
          eventId: Id,
          categories: z.array(z.strictObject({ category: Category, capacity: Capacity })),
        }),
      ),
    }),
    reply: z.void(),
    status: 204,
    codes: [],
  }),
  readAvailability: route({
    method: 'GET',
    path: '/events/{eventId}/availability',
    params: EventId,
    reply: z.object({ categories: z.array(z.object({ category: Category, capacity: Capacity, available: z.int() })) }),
    status: 200,
    codes: ['not_found'],
  }),
  /** Claims an Idempotency-Key for `POST /holds` before a price is asked for, or returns the answer stored under it. */
  claimHoldKey: route({
    method: 'POST',
    path: '/hold-keys',
    body: z.strictObject({ buyerId: Id, key: z.string(), request: z.unknown() }),
    reply: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('claim'), claimId: z.string() }),
      z.object({ kind: z.literal('replay'), answer: StoredAnswer }),
    ]),
    status: 200,
    codes: ['idempotency_in_flight', 'idempotency_conflict'],
  }),
  /**
   * Ends a claim that leads to no hold: with an answer it is stored under the key, without one the key is free again.
   */
  settleHoldKey: route({
    method: 'POST',
    path: '/hold-keys/settle',
    body: z.strictObject({ buyerId: Id, key: z.string(), claimId: z.string(), answer: StoredAnswer.optional() }),
    reply: z.void(),
    status: 204,
    codes: [],
  }),
  /** Hold, quote and key in one transaction; a `purchase_limit` or `sold_out` is stored under the key as well. */
  holdSeats: route({
    method: 'POST',
    path: '/holds',
    body: z.strictObject({
      buyerId: Id,
      key: z.string(),
      claimId: z.string(),
      eventId: Id,
      category: Category,
      quantity: z.int().min(1).max(4),
      quote: Quote,
    }),
    reply: Hold,
    status: 201,
    codes: ['not_found', 'purchase_limit', 'sold_out', 'idempotency_in_flight'],
  }),
  /** Gives a hold back; the caller is its buyer. Also done when repeated or expired. */
  releaseHold: route({
    method: 'DELETE',
    path: '/holds/{holdId}',
    params: HoldId,
    reply: z.void(),
    status: 204,
    codes: ['not_found', 'hold_used'],
  }),
  /**
   * Binds a hold to one order and keeps it from expiring until the saga's end. Repeating it for the same order changes
   * nothing.
   */
  claimHold: route({
    method: 'POST',
    path: '/holds/{holdId}/claim',
    params: HoldId,
    body: z.strictObject({ buyerId: Id, orderId: Id }),
    reply: Hold,
    status: 200,
    codes: ['not_found', 'hold_expired', 'hold_used'],
  }),
  /** Saga step: the claimed hold becomes a sale, once. */
  confirmHold: route({
    method: 'POST',
    path: '/holds/{holdId}/confirm',
    params: HoldId,
    body: OfOrder,
    reply: z.object({ seats: z.array(Seat) }),
    status: 200,
    codes: ['not_found', 'hold_expired', 'hold_used'],
  }),
  /** Compensation: seats that the order holds or bought are free again. Done also when it has none. */
  releaseSeats: route({
    method: 'POST',
    path: '/holds/{holdId}/release',
    params: HoldId,
    body: OfOrder,
    reply: z.void(),
    status: 204,
    codes: [],
  }),
});
