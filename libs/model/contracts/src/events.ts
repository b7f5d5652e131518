import { z } from 'zod';
import { Id, Instant } from './primitives';

/** CloudEvents 1.0 as the bus carries it. `sequence` counts the events of one subject from 1. */
export const CloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: Id,
  type: z.string(),
  source: z.string(),
  time: Instant,
  subject: z.string(),
  sequence: z.int().min(1),
  traceparent: z.string().optional(),
  dataversion: z.string(),
  data: z.unknown(),
});
export type CloudEvent = z.output<typeof CloudEvent>;

/** Order events, keyed by order. */
export const ORDERS_TOPIC = 'stampede.orders';
/** Who a buyer is (e-mail); only notifications reads it. Keyed by buyer. */
export const BUYERS_TOPIC = 'stampede.buyers';
/** Partitions of every topic. */
export const PARTITIONS = 12;

export const buyerEventTypes = { registered: 'stampede.buyer.registered' } as const;
export const BuyerRegistered = z.object({ buyerId: Id, email: z.string() });
export type BuyerRegistered = z.output<typeof BuyerRegistered>;
