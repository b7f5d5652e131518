import { z } from 'zod';
import { DeclineCode } from './payments';
import { Amount, Currency, Instant } from './primitives';
import { api, route } from './route';

const Key = z.string().regex(/^[\x21-\x7e]{1,255}$/);

/** What the provider says of one capture; a repeat under the same key says the same. */
export const ProviderCapture = z.object({
  key: Key,
  status: z.enum(['captured', 'declined']),
  amount: Amount,
  currency: Currency,
  declineCode: DeclineCode.optional(),
});

export const StatementEntry = z.object({
  key: Key,
  kind: z.enum(['capture', 'refund']),
  amount: Amount,
  currency: Currency,
  at: Instant,
});
export type StatementEntry = z.output<typeof StatementEntry>;

/**
 * The company outside: its errors are its own, so little of them counts: 404 is never captured, 422 is a key refused.
 */
export const providerApi = api('payment-provider', {
  capture: route({
    method: 'POST',
    path: '/captures',
    body: z.strictObject({ key: Key, amount: Amount, currency: Currency, token: z.string() }),
    reply: ProviderCapture,
    status: 200,
    codes: ['idempotency_conflict'],
  }),
  readCapture: route({
    method: 'GET',
    path: '/captures/{key}',
    params: z.object({ key: Key }),
    reply: ProviderCapture,
    status: 200,
    codes: ['not_found'],
  }),
  refund: route({
    method: 'POST',
    path: '/refunds',
    body: z.strictObject({ key: Key, captureKey: Key, amount: Amount, currency: Currency }),
    reply: z.object({ key: Key, status: z.literal('refunded') }),
    status: 200,
    codes: ['not_found', 'idempotency_conflict'],
  }),
  statement: route({
    method: 'GET',
    path: '/statement',
    reply: z.object({ entries: z.array(StatementEntry) }),
    status: 200,
    codes: [],
  }),
});
