import type { Category, Event, EventSummary, Hold, HoldSeats, Order, QueuePlace, Session } from '@stampede/contracts';
import { exchange, exchangeJson, openStream, retryAfterMs } from './http';
import { session } from './session';

export interface PageOf<Item> {
  readonly items: Item[];
  readonly page: number;
  readonly pageSize: number;
  readonly total: number;
}

/** What `GET /events/{eventId}` answers; parts that are stale or missing are named in `degraded`, and what is
 *  missing is null. */
export type EventDetails = Event;
export type CategoryOffer = Event['categories'][number];
export type { Category, QueuePlace };

export function signIn(email: string, signal: AbortSignal): Promise<Session> {
  return exchangeJson('/sessions', { method: 'POST', body: { email }, signal });
}

export function listEvents(query: Record<string, string>, signal: AbortSignal): Promise<PageOf<EventSummary>> {
  return exchangeJson(`/events?${new URLSearchParams(query)}`, { signal });
}

export function readEvent(eventId: string, signal: AbortSignal): Promise<EventDetails> {
  return exchangeJson(`/events/${encodeURIComponent(eventId)}`, { signal });
}

/** Joins (repeating it changes nothing, a place is kept) or only looks. `retryAfterMs` is when the shop wants to
 *  be asked again. */
export async function askQueue(
  method: 'GET' | 'POST',
  eventId: string,
  signal: AbortSignal,
): Promise<{ place: QueuePlace; retryAfterMs: number | undefined }> {
  const response = await exchange(`/events/${encodeURIComponent(eventId)}/queue`, {
    method,
    headers: bearer(),
    signal,
  });
  return {
    place: (await response.json()) as QueuePlace,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
  };
}

/** Safe to repeat under the same `key`: it holds once. */
export function holdSeats(
  request: HoldSeats,
  key: string,
  admissionToken: string | undefined,
  signal: AbortSignal,
): Promise<Hold> {
  const admission: Record<string, string> = admissionToken ? { 'admission-token': admissionToken } : {};
  return exchangeJson('/holds', {
    method: 'POST',
    body: request,
    headers: { ...bearer(), ...admission, 'idempotency-key': key },
    signal,
  });
}

export async function releaseHold(holdId: string, signal: AbortSignal): Promise<void> {
  await exchange(`/holds/${encodeURIComponent(holdId)}`, { method: 'DELETE', headers: bearer(), signal });
}

/** Safe to repeat under the same `key`: one key is one order, whatever gets lost. */
export function placeOrder(
  request: { holdId: string; paymentToken: string },
  key: string,
  signal: AbortSignal,
): Promise<Order> {
  return exchangeJson('/orders', {
    method: 'POST',
    body: request,
    headers: { ...bearer(), 'idempotency-key': key },
    signal,
  });
}

export function listOrders(page: number, pageSize: number, signal: AbortSignal): Promise<PageOf<Order>> {
  return exchangeJson(`/orders?page=${page}&pageSize=${pageSize}`, { headers: bearer(), signal });
}

export function readOrder(orderId: string, signal: AbortSignal): Promise<Order> {
  return exchangeJson(orderPath(orderId), { headers: bearer(), signal });
}

/** Server-sent events of one order. Status 204 when there is nothing more to come. */
export function streamOrder(orderId: string, lastEventId: string | undefined, signal: AbortSignal): Promise<Response> {
  const resume: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  return openStream(`${orderPath(orderId)}/stream`, {
    headers: { ...bearer(), ...resume, accept: 'text/event-stream' },
    signal,
  });
}

function orderPath(orderId: string): string {
  return `/orders/${encodeURIComponent(orderId)}`;
}

function bearer(): Record<string, string> {
  const current = session();
  return current ? { authorization: `Bearer ${current.accessToken}` } : {};
}
