import type { AppliedEvent, ConsumerBook, EventBook, OrderEvent } from './event-book';
import { Findings } from './findings';

/** Contract: an event unapplied for less than this is in flight. */
const IN_FLIGHT_MS = 60_000;

/** C5: every order event is published, and applied exactly once by each consumer, in order per order. */
export async function eventsAppliedOnce(written: EventBook, consumers: readonly ConsumerBook[]): Promise<Findings> {
  const findings = new Findings('C5');
  findings.check(written.events);
  for (const { order_id, events, first, last } of await written.gaps()) {
    findings.violate(order_id, 'events that count up from 1', `${events} events from ${first} to ${last}`);
  }
  const { young, old } = await written.unpublished(IN_FLIGHT_MS);
  findings.leave(young);
  for (const { order_id, sequence, created_at } of old) {
    findings.violate(order_id, `event ${sequence} published`, `not published since ${created_at.toISOString()}`);
  }
  for (const { consumer, breaks } of consumers) {
    for (const { order_id, sequence, before } of breaks) {
      const actual = before === null ? `${sequence} first` : `${sequence} out of turn with ${before}`;
      findings.violate(`${order_id} ${consumer}`, 'events applied in their order', actual);
    }
  }
  findings.leave(await compare(findings, written, consumers));
  return findings;
}

/** Looks at each event where the digests differ; returns how many are published and on their way to a consumer. */
async function compare(findings: Findings, written: EventBook, consumers: readonly ConsumerBook[]): Promise<number> {
  const buckets = [...new Set(consumers.flatMap((consumer) => consumer.differences(written.buckets)))];
  if (buckets.length === 0) return 0;
  const onTheirWay = new Set<string>();
  const events = await written.of(buckets);
  for (const consumer of consumers) {
    const applied = Map.groupBy(await consumer.applied(buckets), ({ event_id }) => event_id);
    const parked = await consumer.parked();
    for (const event of events) {
      const times = applied.get(event.event_id) ?? [];
      applied.delete(event.event_id);
      const fault = faultOf(event, times);
      if (fault === undefined) continue;
      const [expected, actual] = fault;
      const ageMs = consumer.at.getTime() - event.created_at.getTime();
      if (times.length === 0 && (ageMs < IN_FLIGHT_MS || !event.published)) {
        if (event.published) onTheirWay.add(event.event_id); // what is not published is counted where that is found
        continue;
      }
      findings.violate(
        `${event.order_id} ${consumer.consumer}`,
        expected,
        parked.has(event.event_id) ? 'parked' : actual,
      );
    }
    for (const [eventId, [first]] of applied) {
      if (first?.young !== true) continue;
      findings.violate(`${first.order_id} ${consumer.consumer}`, 'an event that orders wrote', `applied ${eventId}`);
    }
  }
  return onTheirWay.size;
}

/** What is expected, and what is; undefined where the event was applied once, as what it is. */
function faultOf({ order_id, sequence }: OrderEvent, times: readonly AppliedEvent[]): [string, string] | undefined {
  const [first] = times;
  if (first === undefined) return [`event ${sequence} applied`, 'not applied'];
  if (times.length > 1) return [`event ${sequence} applied once`, `applied ${times.length} times`];
  if (first.order_id === order_id && first.sequence === sequence) return undefined;
  return [`event ${sequence} of this order applied`, `applied as event ${first.sequence} of ${first.order_id}`];
}
