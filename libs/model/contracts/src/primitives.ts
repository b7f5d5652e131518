import { z } from 'zod';

/** UUIDv7 (RFC 9562), in lower case whatever the case it was sent in. */
export const Id = z.uuidv7().toLowerCase();

const LONGEST_TEXT = 200;

/** 1..200 code points, no control character, no lone surrogate (neither PostgreSQL nor UTF-8 can hold one). */
export const Text = z
  .string()
  .regex(
    new RegExp(`^[^\\u0000-\\u001f\\u007f-\\u009f]{1,${LONGEST_TEXT}}$`, 'u'),
    `must have 1 to ${LONGEST_TEXT} characters and no control characters`,
  )
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')
  .meta({ minLength: 1, maxLength: LONGEST_TEXT });

const DAYS = '(?:0[1-9]|[12][0-9]|3[01])';
const CLOCK = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?';

/** RFC 3339 in UTC, years 2000..2999. */
export const Instant = z
  .string()
  .regex(new RegExp(`^2[0-9]{3}-(?:0[1-9]|1[0-2])-${DAYS}T${CLOCK}Z$`), 'must be an RFC 3339 time in UTC')
  .refine(isCalendarDate, 'must be a day of the calendar')
  .meta({ format: 'date-time' });

/** A day of the venue's calendar, years 2000..2999. */
export const LocalDate = z
  .string()
  .regex(new RegExp(`^2[0-9]{3}-(?:0[1-9]|1[0-2])-${DAYS}$`), 'must be a date as YYYY-MM-DD')
  .refine(isCalendarDate, 'must be a day of the calendar')
  .meta({ format: 'date' });

/** JavaScript rolls 30 February over to March; a buyer would then look at the wrong day. */
function isCalendarDate(value: string): boolean {
  const day = value.slice(0, 10);
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day);
}

/** ISO 4217 alphabetic code. */
export const Currency = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code');

const HIGHEST_PRICE_MINOR = 100_000_000;
const HIGHEST_CAPACITY = 100_000;

/** Minor units. */
export const Amount = z.int().min(0);
export const Price = z.object({ amount: Amount, currency: Currency }).meta({ id: 'Price' });
export type Price = z.output<typeof Price>;
export const ListPrice = z.strictObject({ amount: Amount.max(HIGHEST_PRICE_MINOR), currency: Currency });

export const Category = z.enum(['CAT1', 'CAT2', 'CAT3', 'CAT4']);
export type Category = z.output<typeof Category>;
export const Capacity = z.int().min(1).max(HIGHEST_CAPACITY);

export const Seat = z.object({ section: z.string(), row: z.string(), number: z.int() }).meta({ id: 'Seat' });
export type Seat = z.output<typeof Seat>;

const HIGHEST_PAGE = 10_000;
const LARGEST_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 20;

/** A whole number in a query string: digits alone, so that `1e2`, ` 5` and `0x10` are told apart from numbers. */
function queryNumber(highest: number, fallback: number) {
  return z
    .string()
    .regex(/^[1-9][0-9]*$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value <= highest, `must be at most ${highest}`)
    .default(fallback)
    .meta({ type: 'integer', minimum: 1, maximum: highest, default: fallback });
}

export const PageQuery = z.strictObject({
  page: queryNumber(HIGHEST_PAGE, 1),
  pageSize: queryNumber(LARGEST_PAGE_SIZE, DEFAULT_PAGE_SIZE),
});

/** One page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), page: z.int(), pageSize: z.int(), total: z.int() });
}

export const Role = z.enum(['buyer', 'organiser', 'operator']);
export type Role = z.output<typeof Role>;
