import { z } from 'zod';
import { Capacity, Category, Id, Instant, ListPrice, LocalDate, PageQuery, Text, pageOf } from './primitives';
import { api, route } from './route';

export const Venue = z.object({
  name: Text,
  city: Text,
  countryCode: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code'),
});
const NewVenue = z.strictObject(Venue.shape);

const MOST_CATEGORIES = 4;
const HIGHEST_ADMIT_PER_SECOND = 10_000;

/** Body of the public `POST /events`. */
export const NewEvent = z
  .strictObject({
    name: Text,
    startsAt: Instant,
    onSaleAt: Instant,
    venue: NewVenue,
    categories: z
      .array(z.strictObject({ category: Category, capacity: Capacity, price: ListPrice }))
      .min(1)
      .max(MOST_CATEGORIES)
      .refine((list) => new Set(list.map((item) => item.category)).size === list.length, 'must be distinct categories')
      .refine((list) => new Set(list.map((item) => item.price.currency)).size === 1, 'must be priced in one currency'),
    admitPerSecond: z.int().min(1).max(HIGHEST_ADMIT_PER_SECOND).optional(),
  })
  .meta({ id: 'NewEvent' });
export type NewEvent = z.output<typeof NewEvent>;

/** An event without its categories, as lists show it. */
export const EventSummary = z
  .object({
    eventId: Id,
    name: z.string(),
    startsAt: Instant,
    onSaleAt: Instant,
    onSale: z.boolean(),
    waitingRoom: z.boolean(),
    venue: Venue,
  })
  .meta({ id: 'EventSummary' });
export type EventSummary = z.output<typeof EventSummary>;

/** What catalog itself knows of an event: list prices and capacities, no availability. */
export const CatalogEvent = EventSummary.omit({ onSale: true }).extend({
  organiserId: Id.nullable(),
  admitPerSecond: z.int().nullable(),
  categories: z.array(z.object({ category: Category, capacity: Capacity, price: ListPrice })),
});
export type CatalogEvent = z.output<typeof CatalogEvent>;

export const EventQuery = PageQuery.extend({
  city: Text.optional(),
  date: LocalDate.optional(),
  onSale: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional(),
});

const EventId = z.object({ eventId: Id });

export const catalogApi = api('catalog', {
  listEvents: route({
    method: 'GET',
    path: '/events',
    query: EventQuery,
    reply: pageOf(EventSummary),
    status: 200,
    codes: [],
  }),
  readEvent: route({
    method: 'GET',
    path: '/events/{eventId}',
    params: EventId,
    reply: CatalogEvent,
    status: 200,
    codes: ['not_found'],
  }),
  /**
   * Stores a draft that no list shows until it is published. The event's id is the caller's, so that a repeat stores
   * nothing.
   */
  draftEvent: route({
    method: 'PUT',
    path: '/drafts/{eventId}',
    params: EventId,
    body: z.strictObject({ event: NewEvent, organiserId: Id }),
    reply: CatalogEvent,
    status: 200,
    codes: [],
  }),
  /**
   * Drafts older than `minAgeMs`: what a crash between draft and publication left, and at first the seeded fixtures.
   */
  listDrafts: route({
    method: 'GET',
    path: '/drafts',
    query: z.strictObject({
      minAgeMs: z
        .string()
        .regex(/^[0-9]{1,9}$/)
        .transform(Number),
    }),
    reply: z.object({ drafts: z.array(CatalogEvent) }),
    status: 200,
    codes: [],
  }),
  /** Idempotent; ids that are no drafts are left alone. */
  publishEvents: route({
    method: 'POST',
    path: '/publications',
    body: z.strictObject({ eventIds: z.array(Id) }),
    reply: z.void(),
    status: 204,
    codes: [],
  }),
});
