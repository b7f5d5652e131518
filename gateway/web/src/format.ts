import type { EventSummary, Seat } from '@stampede/contracts';
import { zoneOf } from './zones';

/** The pages are English; numbers and dates follow the buyer's kind of English. */
const locale = navigator.languages.find((language) => language.startsWith('en')) ?? 'en-GB';

/** Minor units as money, by the currency's own number of decimals. */
export function money(amountMinor: number, currency: string): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

export function count(value: number): string {
  return new Intl.NumberFormat(locale).format(value);
}

export function seats(quantity: number): string {
  return quantity === 1 ? '1 seat' : `${quantity} seats`;
}

export function categoryName(category: string): string {
  return category.replace(/^CAT/, 'Category ');
}

export function seatName(seat: Seat): string {
  return `Section ${seat.section}, row ${seat.row}, seat ${seat.number}`;
}

type When = Pick<EventSummary, 'startsAt' | 'venue'>;

/** The venue's local day, as in "Sunday 14 June 2026". */
export function day(event: When): string {
  return inZone(event, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).replace(',', '');
}

/** The venue's local time; with the zone's name where the venue's zone is not known. */
export function time(event: When): string {
  const known = zoneOf(event.venue) !== undefined;
  return inZone(event, { hour: 'numeric', minute: '2-digit', ...(known ? {} : { timeZoneName: 'short' }) });
}

/** A moment on the buyer's own clock. */
export function moment(at: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));
}

export function clockTime(at: string): string {
  return new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit', second: '2-digit' }).format(
    new Date(at),
  );
}

/** Minutes and seconds, as on a clock: 1:05. */
export function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A wait in words, rounded the way people say it. */
export function roughly(seconds: number): string {
  if (seconds < 45) return 'less than a minute';
  const wholeMinutes = Math.round(seconds / 60);
  if (wholeMinutes < 90) return wholeMinutes === 1 ? 'about a minute' : `about ${wholeMinutes} minutes`;
  return `about ${Math.round(wholeMinutes / 60)} hours`;
}

function inZone(event: When, options: Intl.DateTimeFormatOptions): string {
  const timeZone = zoneOf(event.venue);
  return new Intl.DateTimeFormat(locale, { ...options, ...(timeZone ? { timeZone } : {}) }).format(
    new Date(event.startsAt),
  );
}
