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
  /**
   * At most one capture per order, whatever is repeated. `attempt` counts the caller's tries from 1: a try that was
   * settled, or is older than one that was, captures nothing any more. `unavailable`: nothing was sent.
   * `outcome_unknown`: settle it before anything is repeated.
   */
  capture: route({
    method: 'POST',
    path: '/captures',
    body: z.strictObject({
      orderId: Id,
      attempt: z.int().min(1),
      amount: Amount,
      currency: Currency,
      token: z.string(),
    }),
    reply: CaptureOutcome,
    status: 200,
    codes: ['unavailable', 'outcome_unknown', 'overloaded'],
  }),
  /**
   * Settles an unknown outcome by asking the provider with the same key. Attempts up to this one, late ones too,
   * capture nothing any more.
   */
  settleCapture: route({
    method: 'POST',
    path: '/captures/{orderId}/settle',
    params: OrderId,
    body: z.strictObject({ attempt: z.int().min(1) }),
    reply: CaptureOutcome,
    status: 200,
    codes: ['unavailable', 'outcome_unknown', 'overloaded'],
  }),
  /**
   * Gives back what was captured for the order, once; `never` where nothing was. No later attempt captures anything.
   */
  refund: route({
    method: 'POST',
    path: '/refunds',
    body: z.strictObject({ orderId: Id }),
    reply: z.object({ outcome: z.enum(['refunded', 'never']) }),
    status: 200,
    codes: ['unavailable', 'outcome_unknown', 'overloaded'],
  }),
});
