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
  /** W3C trace context that a consumer goes on in; default the active span's. */
  readonly traceparent?: string | null;
}

/** Subjects are spread over this many buckets; a relay's shards divide them. Stored per row, so it must not change. */
export const BUCKETS = 64;

/**
 * Writes the event in the caller's transaction: it is published if and only if `tx` commits. Its sequence is the
 * subject's next, from 1 without gaps; another transaction that appends to the same subject waits for this one.
 * Nothing wakes the relay: use `OutboxRelay.append`, or `kick` it after the commit.
 */
export async function appendEvent(tx: Tx, event: NewEvent): Promise<{ id: string; sequence: number }> {
  const [appended] = await appendEvents(tx, [event]);
  return appended as { id: string; sequence: number };
}

/** As `appendEvent`, for events of as many subjects, in one statement; returned in the order given. */
export async function appendEvents(tx: Tx, events: readonly NewEvent[]): Promise<{ id: string; sequence: number }[]> {
  const active = activeTraceparent();
  const rows = events.map((event) => ({
    id: uuidv7(),
    topic: event.topic ?? ORDERS_TOPIC,
    subject: event.subject,
    type: event.type,
    source: event.source,
    dataversion: event.dataversion ?? '1',
    data: event.data,
    traceparent: event.traceparent === undefined ? active : event.traceparent,
    bucket: bucketOf(event.subject),
  }));
  const appended = await sql<{ id: string; sequence: string }>`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as event (
        id uuid, topic text, subject text, type text, source text, dataversion text, data jsonb, traceparent text,
        bucket smallint)),
    numbered as (
      insert into outbox_subject as s (topic, subject, last_sequence)
      select topic, subject, 1 from given order by topic, subject -- one order of locks for everybody
      on conflict (topic, subject) do update set last_sequence = s.last_sequence + 1
      returning topic, subject, last_sequence)
    insert into outbox (topic, subject, sequence, id, type, source, dataversion, data, traceparent, bucket)
    select topic, subject, last_sequence, id, type, source, dataversion, data, traceparent, bucket
    from given join numbered using (topic, subject)
    returning id, sequence`.execute(tx);
  const sequences = new Map(appended.rows.map(({ id, sequence }) => [id, Number(sequence)]));
  return rows.map(({ id }) => ({ id, sequence: sequences.get(id) ?? 0 }));
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
