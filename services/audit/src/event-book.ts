import { ORDERS_TOPIC } from '@stampede/contracts';
import { sql } from 'kysely';
import type { Snapshot } from './snapshot';

/**
 * Events are compared by the bucket of their order: the first 36 bits of its id, which are 4 s of its time. Where count
 * and digest of two stores agree, nothing of the bucket is read; on a busy shop only the last few differ.
 */
const BUCKET_CHARACTERS = 10;
/** More than are shown. */
const MOST_ROWS = 1_000;
/**
 * Orders and consumers forget events after a week or more; what lacks the events before it is suspicious only while it
 * is young.
 */
const YOUNG = sql.lit('1 day');

const BUCKET = sql`left(order_id::text, ${sql.lit(BUCKET_CHARACTERS)})`;
/** Of one order; several of them add up to their bucket's. */
const DIGEST = sql`count(*) AS events, sum(hashtextextended(event_id::text, sequence)) AS digest`;

interface Bucket {
  readonly bucket: string;
  readonly events: number;
  readonly digest: string;
  /** Some order of it may be out of order, and is looked at. */
  readonly odd: boolean;
}

export interface OrderEvent {
  readonly event_id: string;
  readonly order_id: string;
  readonly sequence: number;
  readonly created_at: Date;
  readonly published: boolean;
}

interface Gap {
  readonly order_id: string;
  readonly events: number;
  readonly first: number;
  readonly last: number;
}

/** What orders wrote. */
export class EventBook {
  events = 0;
  readonly buckets = new Map<string, Bucket>();

  private constructor(private readonly snapshot: Snapshot) {}

  static async read(snapshot: Snapshot): Promise<EventBook> {
    const book = new EventBook(snapshot);
    for await (const bucket of snapshot.walk(sql<Bucket>`
      SELECT ${BUCKET} AS bucket, sum(events)::bigint AS events, sum(digest)::text AS digest,
        bool_or(first <> 1 OR last <> events) AS odd
      FROM (SELECT order_id, ${DIGEST}, min(sequence) AS first, max(sequence) AS last
        FROM audit.order_events GROUP BY order_id) AS told
      GROUP BY 1`)) {
      book.events += bucket.events;
      book.buckets.set(bucket.bucket, bucket);
    }
    return book;
  }

  get at(): Date {
    return this.snapshot.at;
  }

  /** Events that the bus does not have yet: how many are younger than `ageMs`, and those that are not. */
  async unpublished(ageMs: number): Promise<{ young: number; old: OrderEvent[] }> {
    const old = sql`created_at <= now() - ${ageMs} * interval '1 ms'`;
    const [count] = await this.snapshot.rows(sql<{ young: number }>`
      SELECT count(*) AS young FROM audit.order_events WHERE published_at IS NULL AND NOT ${old}`);
    const rows = await this.snapshot.rows(sql<OrderEvent>`
      SELECT event_id, order_id, sequence, created_at, false AS published FROM audit.order_events
      WHERE published_at IS NULL AND ${old} ORDER BY created_at LIMIT ${MOST_ROWS}`);
    return { young: count?.young ?? 0, old: rows };
  }

  /** Orders whose events do not count up from 1 by 1. */
  async gaps(): Promise<Gap[]> {
    const odd = oddOf(this.buckets);
    if (odd.length === 0) return [];
    return this.snapshot.rows(sql<Gap>`
      SELECT order_id, count(*) AS events, min(sequence) AS first, max(sequence) AS last
      FROM audit.order_events WHERE ${BUCKET} = ANY(${odd}) GROUP BY order_id
      HAVING count(*) <> max(sequence) - min(sequence) + 1
        OR (min(sequence) <> 1 AND min(created_at) > now() - ${YOUNG}::interval)
      LIMIT ${MOST_ROWS}`);
  }

  of(buckets: readonly string[]): Promise<OrderEvent[]> {
    return this.snapshot.rows(sql<OrderEvent>`
      SELECT event_id, order_id, sequence, created_at, published_at IS NOT NULL AS published
      FROM audit.order_events WHERE ${BUCKET} = ANY(${buckets}) ORDER BY order_id, sequence`);
  }
}

export interface AppliedEvent {
  readonly event_id: string;
  readonly order_id: string;
  readonly sequence: number;
  readonly young: boolean;
}

interface AppliedBucket extends Bucket {
  readonly young: boolean;
}

export interface OrderBreak {
  readonly order_id: string;
  readonly sequence: number;
  /** The event applied before it by number; none where it is the first. */
  readonly before: number | null;
}

/**
 * What one consumer of order events has applied. To be read before the orders: whatever is applied here was written
 * there.
 */
export class ConsumerBook {
  readonly buckets = new Map<string, AppliedBucket>();
  breaks: readonly OrderBreak[] = [];

  private constructor(
    readonly consumer: string,
    private readonly snapshot: Snapshot,
  ) {}

  /** The consumers that a service says it has. */
  static async readAll(snapshot: Snapshot): Promise<ConsumerBook[]> {
    const consumers = await snapshot.rows(sql<{ consumer: string }>`
      SELECT consumer FROM audit.expected WHERE topic = ${ORDERS_TOPIC} ORDER BY consumer`);
    const books = consumers.map(({ consumer }) => new ConsumerBook(consumer, snapshot));
    for (const book of books) await book.read();
    return books;
  }

  get at(): Date {
    return this.snapshot.at;
  }

  /** An order of two events is in order when its first was applied first; one of more is walked through. */
  private async read(): Promise<void> {
    for await (const bucket of this.snapshot.walk(sql<AppliedBucket>`
      SELECT ${BUCKET} AS bucket, sum(events)::bigint AS events, sum(digest)::text AS digest,
        bool_or(events > 2 OR first <> 1 OR last <> events OR first_applied IS DISTINCT FROM earliest) AS odd,
        max(latest) > now() - ${YOUNG}::interval AS young
      FROM (SELECT order_id, ${DIGEST}, min(sequence) AS first, max(sequence) AS last, min(applied_at) AS earliest,
          max(applied_at) AS latest, min(applied_at) FILTER (WHERE sequence = 1) AS first_applied
        FROM audit.applied_events WHERE consumer = ${sql.lit(this.consumer)} GROUP BY order_id) AS applied
      GROUP BY 1`)) {
      this.buckets.set(bucket.bucket, bucket);
    }
    const odd = oddOf(this.buckets);
    if (odd.length > 0) this.breaks = await this.orderBreaks(odd);
  }

  private orderBreaks(buckets: readonly string[]): Promise<OrderBreak[]> {
    return this.snapshot.rows(sql<OrderBreak>`
      SELECT order_id, sequence, before FROM (
        SELECT order_id, sequence, applied_at, lag(sequence) OVER walk AS before,
          lag(applied_at) OVER walk AS applied_before
        FROM audit.applied_events WHERE consumer = ${this.consumer} AND ${BUCKET} = ANY(${buckets})
        WINDOW walk AS (PARTITION BY order_id ORDER BY sequence)) AS applied
      WHERE applied_at < applied_before OR sequence > before + 1
        OR (before IS NULL AND sequence > 1 AND applied_at > now() - ${YOUNG}::interval)
      LIMIT ${MOST_ROWS}`);
  }

  /** Buckets in which this consumer and orders do not say the same. What orders has forgotten is no difference. */
  differences(written: ReadonlyMap<string, Bucket>): string[] {
    const differing: string[] = [];
    for (const [bucket, { events, digest }] of written) {
      const own = this.buckets.get(bucket);
      if (own?.events !== events || own.digest !== digest) differing.push(bucket);
    }
    for (const [bucket, { young }] of this.buckets) if (young && !written.has(bucket)) differing.push(bucket);
    return differing;
  }

  applied(buckets: readonly string[]): Promise<AppliedEvent[]> {
    return this.snapshot.rows(sql<AppliedEvent>`
      SELECT event_id, order_id, sequence, applied_at > now() - ${YOUNG}::interval AS young
      FROM audit.applied_events WHERE consumer = ${this.consumer} AND ${BUCKET} = ANY(${buckets})`);
  }

  async parked(): Promise<Set<string>> {
    const rows = await this.snapshot.rows(sql<{ event_id: string }>`
      SELECT event_id FROM audit.parked_events WHERE consumer = ${this.consumer}`);
    return new Set(rows.map(({ event_id }) => event_id));
  }
}

function oddOf(buckets: ReadonlyMap<string, Bucket>): string[] {
  return [...buckets.values()].filter(({ odd }) => odd).map(({ bucket }) => bucket);
}
