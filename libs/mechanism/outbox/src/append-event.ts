import { trace, context, isSpanContextValid } from '@opentelemetry/api';
import { ORDERS_TOPIC } from '@stampede/contracts';
import { type Tx, uuidv7 } from '@stampede/db';
import { sql } from 'kysely';

/**
 * What a service says happened. The rest of the CloudEvent (id, time, sequence, traceparent) is given by the append.
 */
export interface NewEvent {
  readonly type: string;
  readonly source: string;
  /** Events of one subject and topic keep their order, all the way to each consumer. */
  readonly subject: string;
  readonly data: unknown;
  /** Default: the order events. */
  readonly topic?: string;
  /** Version of `data`, default `1`. */
  readonly dataversion?: string;
}

/** Subjects are spread over this many buckets; a relay's shards divide them. Stored per row, so it must not change. */
export const BUCKETS = 64;

/**
 * Writes the event in the caller's transaction: it is published if and only if `tx` commits. Its sequence is the
 * subject's next, from 1 without gaps; another transaction that appends to the same subject waits for this one.
 * Nothing wakes the relay: use `OutboxRelay.append`, or `kick` it after the commit.
 */
export async function appendEvent(tx: Tx, event: NewEvent): Promise<{ id: string; sequence: number }> {
  const id = uuidv7();
  const topic = event.topic ?? ORDERS_TOPIC;
  const { rows } = await sql<{ sequence: string }>`
    with numbered as (
      insert into outbox_subject as s (topic, subject, last_sequence) values (${topic}, ${event.subject}, 1)
      on conflict (topic, subject) do update set last_sequence = s.last_sequence + 1
      returning last_sequence)
    insert into outbox (topic, subject, sequence, id, type, source, dataversion, data, traceparent, bucket)
    select ${topic}, ${event.subject}, last_sequence, ${id}::uuid, ${event.type}, ${event.source},
           ${event.dataversion ?? '1'}, ${JSON.stringify(event.data)}::jsonb, ${activeTraceparent()},
           ${bucketOf(event.subject)}
    from numbered
    returning sequence`.execute(tx);
  return { id, sequence: Number(rows[0]?.sequence) };
}

/** W3C `traceparent` of the active span, or null outside of a trace. */
function activeTraceparent(): string | null {
  const span = trace.getSpanContext(context.active());
  if (!span || !isSpanContextValid(span)) {
    return null;
  }
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}

/** FNV-1a: any spread would do, as long as one subject always falls into the same bucket. */
function bucketOf(subject: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < subject.length; i++) {
    hash = Math.imul(hash ^ subject.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % BUCKETS;
}
