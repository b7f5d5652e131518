import type { CatalogEvent, EventSummary, NewEvent } from '@stampede/contracts';
import type { Tx } from '@stampede/db';
import { sql, type Kysely, type RawBuilder } from 'kysely';

type Executor = Kysely<unknown> | Tx;

interface EventRow {
  readonly event_id: string;
  readonly organiser_id: string | null;
  readonly name: string;
  readonly starts_at: Date;
  readonly on_sale_at: Date;
  readonly venue_name: string;
  readonly city: string;
  readonly country_code: string;
  readonly admit_per_second: number | null;
  readonly categories: CatalogEvent['categories'];
}

export interface NewRow {
  readonly eventId: string;
  readonly organiserId: string | null;
  readonly localDate: string;
  readonly event: NewEvent;
}

const EVENT_WITH_CATEGORIES = sql<EventRow>`
  SELECT event.*, (
    SELECT jsonb_agg(jsonb_build_object('category', category, 'capacity', capacity,
      'price', jsonb_build_object('amount', price_amount, 'currency', price_currency)) ORDER BY category)
    FROM event_category WHERE event_category.event_id = event.event_id
  ) AS categories
  FROM event`;

/** Stores drafts; those that are there already are left as they are. */
export async function insertDrafts(tx: Tx, rows: readonly NewRow[]): Promise<void> {
  const json = JSON.stringify(rows);
  await sql`
    INSERT INTO event (event_id, organiser_id, name, starts_at, on_sale_at, venue_name, city, country_code,
      local_date, admit_per_second)
    SELECT "eventId", "organiserId", event->>'name', (event->>'startsAt')::timestamptz,
      (event->>'onSaleAt')::timestamptz,
      event->'venue'->>'name', event->'venue'->>'city', event->'venue'->>'countryCode',
      "localDate", (event->>'admitPerSecond')::integer
    FROM jsonb_to_recordset(${json}::jsonb) AS draft("eventId" uuid, "organiserId" uuid, "localDate" date, event jsonb)
    ON CONFLICT (event_id) DO NOTHING`.execute(tx);
  await sql`
    INSERT INTO event_category (event_id, category, capacity, price_amount, price_currency)
    SELECT "eventId", part->>'category', (part->>'capacity')::integer, (part->'price'->>'amount')::integer,
      part->'price'->>'currency'
    FROM jsonb_to_recordset(${json}::jsonb) AS draft("eventId" uuid, event jsonb),
      jsonb_array_elements(event->'categories') AS part
    ON CONFLICT (event_id, category) DO NOTHING`.execute(tx);
}

/** @returns the event, published or draft; undefined where there is none. */
export async function selectEvent(db: Executor, eventId: string): Promise<CatalogEvent | undefined> {
  const { rows } = await sql<EventRow>`${EVENT_WITH_CATEGORIES} WHERE event_id = ${eventId}`.execute(db);
  return rows[0] === undefined ? undefined : catalogEvent(rows[0]);
}

/** As `selectEvent`, but a draft counts as absent. */
export async function selectPublished(db: Executor, eventId: string): Promise<CatalogEvent | undefined> {
  const { rows } = await sql<EventRow>`
    ${EVENT_WITH_CATEGORIES} WHERE event_id = ${eventId} AND published_at IS NOT NULL`.execute(db);
  return rows[0] === undefined ? undefined : catalogEvent(rows[0]);
}

/** Drafts of at least that age, oldest first. */
export async function selectDrafts(db: Executor, minAgeMs: number, most: number): Promise<CatalogEvent[]> {
  const { rows } = await sql<EventRow>`
    ${EVENT_WITH_CATEGORIES}
    WHERE published_at IS NULL
      AND (organiser_id IS NULL OR created_at <= now() - ${minAgeMs} * interval '1 millisecond')
    ORDER BY created_at LIMIT ${most}`.execute(db);
  return rows.map(catalogEvent);
}

export async function publish(db: Executor, eventIds: readonly string[]): Promise<void> {
  await sql`UPDATE event SET published_at = now() WHERE event_id = ANY(${eventIds}::uuid[])
    AND published_at IS NULL`.execute(db);
}

export interface Filter {
  readonly city?: string | undefined;
  readonly date?: string | undefined;
  readonly onSale?: boolean | undefined;
}

/** One page of published events by start, and how many there are in all. */
export async function selectPage(
  db: Executor,
  filter: Filter,
  limit: number,
  offset: number,
): Promise<{ items: EventSummary[]; total: number }> {
  const where = conditions(filter);
  const page = await sql<EventRow>`
    SELECT * FROM event WHERE ${where} ORDER BY starts_at, event_id LIMIT ${limit} OFFSET ${offset}`.execute(db);
  const count = await sql<{ total: number }>`SELECT count(*)::integer AS total FROM event WHERE ${where}`.execute(db);
  return { items: page.rows.map(summary), total: count.rows[0]?.total ?? 0 };
}

function conditions({ city, date, onSale }: Filter): RawBuilder<unknown> {
  const parts = [sql`published_at IS NOT NULL`];
  if (city !== undefined) parts.push(sql`city = ${city}`);
  if (date !== undefined) parts.push(sql`local_date = ${date}`);
  if (onSale !== undefined) parts.push(sql`(on_sale_at <= now() AND now() < starts_at) = ${onSale}`);
  return sql.join(parts, sql` AND `);
}

function summary(row: EventRow): EventSummary {
  const now = Date.now();
  return { ...facts(row), onSale: row.on_sale_at.getTime() <= now && now < row.starts_at.getTime() };
}

function catalogEvent(row: EventRow): CatalogEvent {
  return {
    ...facts(row),
    organiserId: row.organiser_id,
    admitPerSecond: row.admit_per_second,
    categories: row.categories,
  };
}

function facts(row: EventRow): Omit<EventSummary, 'onSale'> {
  return {
    eventId: row.event_id,
    name: row.name,
    startsAt: row.starts_at.toISOString(),
    onSaleAt: row.on_sale_at.toISOString(),
    waitingRoom: row.admit_per_second !== null,
    venue: { name: row.venue_name, city: row.city, countryCode: row.country_code },
  };
}
