import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Event, Hold, Order, QueuePlace, Session } from '@stampede/contracts';
import type { ShopClient } from './shop-client';

/** How a visit ended. `unanswered`: the shop never said; `turned-away`: it said no, `code` says why. */
export interface Visit {
  readonly end: 'looked' | 'ordered' | 'turned-away' | 'unanswered' | 'gave-up-waiting';
  readonly code?: string;
  readonly order?: Order;
}

export interface Intent {
  readonly eventId: string;
  readonly category: string;
  readonly quantity: number;
  readonly paymentToken: string;
  /** Unique to the visit; the buyer's e-mail and keys are made of it. */
  readonly name: string;
}

const QUEUE_PATIENCE_MS = 120_000;
const SHORTEST_POLL_MS = 500;
const LONGEST_POLL_MS = 5_000;
const ORDER_PATIENCE_MS = 60_000;
const ORDER_POLL_MS = 500;

/** Looks at an event and leaves. */
export async function look(shop: ShopClient, eventId: string): Promise<Visit> {
  const page = await shop.persist<Event>('event-page', 'GET', `/events/${eventId}`);
  return page.status === 200 ? { end: 'looked' } : refusal(page);
}

/**
 * Buys as a person with a browser does: signs in, waits to be let in, holds, orders, and follows the order to its end.
 */
export async function buy(shop: ShopClient, intent: Intent): Promise<Visit> {
  const session = await shop.persist<Session>('sign-in', 'POST', '/sessions', {
    body: { email: `${intent.name}@crowd.example` },
  });
  if (session.body === undefined) return refusal(session);
  const token = session.body.accessToken;
  const admission = await queueUp(shop, intent.eventId, token);
  if (admission === 'gave-up') return { end: 'gave-up-waiting' };
  const hold = await shop.persist<Hold>('hold', 'POST', '/holds', {
    token,
    headers: { 'idempotency-key': randomUUID(), ...(admission === undefined ? {} : { 'admission-token': admission }) },
    body: { eventId: intent.eventId, category: intent.category, quantity: intent.quantity },
  });
  if (hold.body === undefined) return refusal(hold);
  const placed = await shop.persist<Order>('order', 'POST', '/orders', {
    token,
    headers: { 'idempotency-key': randomUUID() },
    body: { holdId: hold.body.holdId, paymentToken: intent.paymentToken },
  });
  if (placed.body === undefined) return refusal(placed);
  return { end: 'ordered', order: await follow(shop, placed.body, token) };
}

async function queueUp(shop: ShopClient, eventId: string, token: string): Promise<string | undefined | 'gave-up'> {
  const path = `/events/${eventId}/queue`;
  const deadline = Date.now() + QUEUE_PATIENCE_MS;
  let place = await shop.persist<QueuePlace>('queue', 'POST', path, { token }); // repeating it changes nothing
  while (place.body?.state === 'waiting') {
    if (Date.now() > deadline) return 'gave-up';
    const waitMs = Math.min(LONGEST_POLL_MS, Math.max(SHORTEST_POLL_MS, place.body.estimatedWaitSeconds * 1_000));
    await delay(waitMs);
    place = await shop.persist<QueuePlace>('queue', 'GET', path, { token });
  }
  return place.body?.admissionToken;
}

/** The order at its end, or as last seen when it takes longer than a person would watch. */
async function follow(shop: ShopClient, placed: Order, token: string): Promise<Order> {
  const deadline = Date.now() + ORDER_PATIENCE_MS;
  let order = placed;
  while (order.status === 'pending' && Date.now() < deadline) {
    await delay(ORDER_POLL_MS);
    order = (await shop.persist<Order>('order-status', 'GET', `/orders/${order.orderId}`, { token })).body ?? order;
  }
  return order;
}

function refusal({ status, code }: { status: number; code: string | undefined }): Visit {
  return status === 0 ? { end: 'unanswered' } : { end: 'turned-away', code: code ?? String(status) };
}
