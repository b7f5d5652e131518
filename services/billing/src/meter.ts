import { Id, OrderEventData, orderEventTypes, type CloudEvent } from '@stampede/contracts';

/** One sale, as it is metered. */
export interface UsageEvent {
  /** Id of the event that told of it. */
  readonly usageId: string;
  /** What is metered: the match, because no order event says who organises it. */
  readonly meterSubject: string;
  readonly orderId: string;
  readonly tickets: number;
  /** Minor units of `currency`. */
  readonly revenue: number;
  readonly currency: string;
  readonly occurredAt: Date;
}

/** What a meter shows of one subject. */
export interface Reading {
  readonly orders: number;
  readonly tickets: number;
  /** Minor units by currency. */
  readonly revenue: Readonly<Record<string, number>>;
}

/** By meter subject. */
export type Readings = ReadonlyMap<string, Reading>;

const NOTHING: Reading = { orders: 0, tickets: 0, revenue: {} };

/**
 * The usage that an order event stands for: a confirmed order's tickets and total. Undefined for every other event,
 * also of types that only later versions know. @throws ZodError for one that breaks the contract
 */
export function usageOf(event: CloudEvent): UsageEvent | undefined {
  Id.parse(event.subject);
  if (event.type !== orderEventTypes.confirmed) return undefined;
  const { orderId, eventId, quantity, total, currency } = OrderEventData.parse(event.data);
  return {
    usageId: event.id,
    meterSubject: eventId,
    orderId,
    tickets: quantity,
    revenue: total,
    currency,
    occurredAt: new Date(event.time),
  };
}

/**
 * The readings after more usage. Pure: the same events give the same readings, in whatever order and however they are
 * cut into parts; nothing is counted twice as long as no event comes twice. @throws RangeError where revenue leaves the
 * exact integers
 */
export function readMeters(before: Readings, usage: Iterable<UsageEvent>): Readings {
  const readings = new Map(before);
  for (const event of usage)
    readings.set(event.meterSubject, added(readings.get(event.meterSubject) ?? NOTHING, event));
  return readings;
}

function added({ orders, tickets, revenue }: Reading, event: UsageEvent): Reading {
  const sum = (revenue[event.currency] ?? 0) + event.revenue;
  if (!Number.isSafeInteger(sum))
    throw new RangeError(`the revenue of ${event.meterSubject} is no exact number any more`);
  return { orders: orders + 1, tickets: tickets + event.tickets, revenue: { ...revenue, [event.currency]: sum } };
}
