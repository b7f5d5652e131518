import { sleep } from 'k6';
import exec from 'k6/execution';
import { call, type Reply } from './call.ts';
import { elapsedMs } from './clock.ts';
import { logSeen } from './history.ts';
import type { Match } from './match.ts';
import { type Random, uuid } from './random.ts';
import { seed, totalMs } from './settings.ts';
import type { Event, Hold, Order, QueuePlace, Session } from './shapes.ts';

export interface Intent {
  readonly match: Match;
  readonly category: string;
  readonly quantity: number;
  readonly paymentToken: string;
  /** How the order is followed to its end. */
  readonly follow: Follow;
  /** Attempts of hold and order, instead of the setting. */
  readonly attempts?: number;
}

export type Follow = 'poll' | 'stream' | 'no';

const QUEUE_PATIENCE_MS = 120_000;
const SHORTEST_POLL_MS = 500;
const LONGEST_POLL_MS = 5_000;
const ORDER_POLL_MS = 500;
/** Buyers look for so long after the run's end whether their order has ended. */
const LAST_LOOK_MS = 10_000;

/** Looks at an event and leaves; what the page says is missing is remembered. */
export function look(eventId: string, random: Random): void {
  const page = call<Event>('event-page', { method: 'GET', path: `/events/${eventId}`, random });
  if (page.body === undefined) return turnedAway(page);
  if (page.body.degraded.length > 0) logSeen('degraded', { parts: page.body.degraded });
  leave('looked');
}

/** Buys as a person with a browser does: signs in, waits to be let in, holds, orders, and follows the order. */
export function buy(beganAtMs: number, intent: Intent, random: Random): void {
  const session = signIn(buyerName(beganAtMs), random);
  if (session.body === undefined) return turnedAway(session);
  const token = session.body.accessToken;
  const admission = queueUp(intent.match.eventId, token, random);
  if (admission === 'gave-up') return leave('gave-up-waiting');
  const hold = holdSeats(intent, { token, random, admission });
  if (hold.body === undefined) return turnedAway(hold);
  const placed = placeOrder(hold.body, intent, { token, random });
  if (placed.body === undefined) return turnedAway(placed);
  follow(placed.body, intent.follow, { token, random });
  leave('ordered');
}

interface SignedIn {
  readonly token: string;
  readonly random: Random;
  readonly admission?: string | undefined;
}

/** The same e-mail is the same buyer; the begin in it keeps two runs on one shop apart. */
function buyerName(beganAtMs: number): string {
  return `${exec.scenario.name}-${exec.scenario.iterationInTest}-${seed}-${beganAtMs.toString(36)}`;
}

export function signIn(name: string, random: Random): Reply<Session> {
  const body = { email: `${name}@buyers.example` };
  return call<Session>('sign-in', { method: 'POST', path: '/sessions', body, random });
}

/** The admission token; undefined where nobody has to wait. */
function queueUp(eventId: string, token: string, random: Random): string | undefined | 'gave-up' {
  const path = `/events/${eventId}/queue`;
  const startedAt = Date.now();
  let place = call<QueuePlace>('queue', { method: 'POST', path, token, random }); // repeating it changes nothing
  while (place.body?.state === 'waiting') {
    if (Date.now() - startedAt > QUEUE_PATIENCE_MS) return 'gave-up';
    const waitMs = place.body.estimatedWaitSeconds * 1_000;
    sleep(Math.min(LONGEST_POLL_MS, Math.max(SHORTEST_POLL_MS, waitMs)) / 1_000);
    place = call<QueuePlace>('queue', { method: 'GET', path, token, random });
  }
  return place.body?.admissionToken;
}

function holdSeats({ match, category, quantity, attempts }: Intent, { token, random, admission }: SignedIn) {
  const hold = call<Hold>('hold', {
    method: 'POST',
    path: '/holds',
    token,
    key: uuid(random),
    headers: admission === undefined ? {} : { 'admission-token': admission },
    body: { eventId: match.eventId, category, quantity },
    random,
    ...(attempts === undefined ? {} : { attempts }),
  });
  if (hold.body !== undefined) {
    const { holdId, seats } = hold.body;
    logSeen('hold', { holdId, category, seats: seats.length, replayed: hold.replayed });
  }
  return hold;
}

function placeOrder({ holdId }: Hold, { paymentToken, attempts }: Intent, { token, random }: SignedIn): Reply<Order> {
  const key = uuid(random);
  const placed = call<Order>('place-order', {
    method: 'POST',
    path: '/orders',
    token,
    key,
    body: { holdId, paymentToken },
    random,
    ...(attempts === undefined ? {} : { attempts }),
  });
  if (placed.body !== undefined) {
    const { orderId, status, total, currency } = placed.body;
    logSeen('order', { orderId, key, holdId, status, total, currency, replayed: placed.replayed });
  }
  return placed;
}

/** Until the order has ended, or nobody looks any more. */
function follow(placed: Order, how: Follow, { token, random }: SignedIn): void {
  if (how === 'no') return;
  let order = placed;
  const path = `/orders/${order.orderId}`;
  while (order.status === 'pending') {
    const leftMs = totalMs + LAST_LOOK_MS - (elapsedMs() ?? 0);
    if (leftMs <= 0) return;
    // the stream ends with the order; whatever cut it short, the order itself is read then
    if (how === 'stream')
      call('stream', { method: 'GET', path: `${path}/stream`, token, random, timeoutMs: leftMs, attempts: 1 });
    else sleep(ORDER_POLL_MS / 1_000);
    order = call<Order>('order', { method: 'GET', path, token, random }).body ?? order;
  }
  const seats = order.tickets.map(({ seat }) => `${seat.section}/${seat.row}/${seat.number}`);
  logSeen('settled', { orderId: order.orderId, status: order.status, total: order.total, currency: order.currency });
  if (seats.length > 0) logSeen('tickets', { orderId: order.orderId, seats });
}

/** How a visit ended, in the words of the crowd that `onsale` sends. */
function leave(end: string, code?: string): void {
  logSeen('visit', { end, ...(code === undefined ? {} : { code }) });
}

function turnedAway({ status, code }: Reply<unknown>): void {
  if (status === 0) return leave('unanswered');
  leave('turned-away', code ?? String(status));
}
