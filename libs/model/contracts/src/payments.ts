import { z } from 'zod';
import { Amount, Currency, Id } from './primitives';
import { api, route } from './route';

export const DeclineCode = z.enum(['card_declined', 'insufficient_funds']);
export type DeclineCode = z.output<typeof DeclineCode>;

/** `never`: the provider has no such capture and never will under that key. */
export const CaptureOutcome = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('captured') }),
  z.object({ outcome: z.literal('declined'), declineCode: DeclineCode }),
  z.object({ outcome: z.literal('never') }),
]);
export type CaptureOutcome = z.output<typeof CaptureOutcome>;

const OrderId = z.object({ orderId: Id });

export const paymentsApi = api('payments', {
  /** At most one capture per order, whatever is repeated. `unavailable`: nothing was sent. `outcome_unknown`: ask before repeating. */
  capture: route({
    method: 'POST',
    path: '/captures',
    body: z.strictObject({ orderId: Id, amount: Amount, currency: Currency, token: z.string() }),
    reply: CaptureOutcome,
    status: 200,
    codes: ['unavailable', 'outcome_unknown', 'overloaded'],
  }),
  /** Settles an unknown outcome by asking the provider with the same key. */
  settleCapture: route({
    method: 'POST',
    path: '/captures/{orderId}/settle',
    params: OrderId,
    reply: CaptureOutcome,
    status: 200,
    codes: ['unavailable', 'outcome_unknown', 'overloaded'],
  }),
  /** Gives back what was captured for the order, once; `never` where nothing was. */
  refund: route({
    method: 'POST',
    path: '/refunds',
    body: z.strictObject({ orderId: Id }),
    reply: z.object({ outcome: z.enum(['refunded', 'never']) }),
    status: 200,
    codes: ['unavailable', 'outcome_unknown', 'overloaded'],
  }),
});
