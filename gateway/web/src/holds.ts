import type { EventSummary, Hold, HoldSeats } from '@stampede/contracts';
import { shopNow } from './clock';
import { session } from './session';
import { keys, read, remove, write } from './store';

/** A payment that was sent, or is about to be. It is written down before the first byte leaves, and sent again
 *  unchanged until it is answered. */
export interface OrderAttempt {
  readonly key: string;
  readonly paymentToken: string;
}

/** A hold as this browser remembers it: the shop has no page to ask for one. */
export interface HeldSeats {
  readonly hold: Hold;
  readonly event: EventSummary;
  readonly buyerId: string;
  readonly heldAt: number;
  readonly attempt?: OrderAttempt;
  readonly orderId?: string;
}

/** A request for seats that was sent, or is about to be; as with an order, one key until it is answered. */
export interface HoldAttempt extends HoldSeats {
  readonly key: string;
  readonly buyerId: string | undefined;
  readonly startedAt: number;
}

const KEPT_MS = 24 * 60 * 60 * 1_000; // as long as the shop keeps a key
const HOLD_ATTEMPT_MS = 120_000; // a hold's life: what was asked for longer ago has expired anyway

export function keepHold(hold: Hold, event: EventSummary): void {
  const { eventId, name, startsAt, onSaleAt, onSale, waitingRoom, venue } = event;
  const summary = { eventId, name, startsAt, onSaleAt, onSale, waitingRoom, venue };
  const held: HeldSeats = { hold, event: summary, buyerId: session()?.buyerId ?? '', heldAt: shopNow() };
  write(holdKey(hold.holdId), held);
}

export function heldSeats(holdId: string): HeldSeats | undefined {
  return read<HeldSeats>(holdKey(holdId));
}

/** Adds to what is known of a hold; `undefined` takes a field away. */
export function amendHold(holdId: string, change: { attempt?: OrderAttempt | undefined; orderId?: string }): void {
  const held = heldSeats(holdId);
  if (held) write(holdKey(holdId), { ...held, ...change });
}

export function forgetHold(holdId: string): void {
  remove(holdKey(holdId));
}

/** Holds of the signed-in buyer that can still be paid for, or whose payment is not answered yet; the newest first. */
export function openHolds(): HeldSeats[] {
  const buyerId = session()?.buyerId;
  return keys('hold.')
    .map((key) => read<HeldSeats>(key))
    .filter((held) => held !== undefined)
    .filter(
      (held) =>
        held.buyerId === buyerId &&
        !held.orderId &&
        (held.attempt !== undefined || Date.parse(held.hold.expiresAt) > shopNow()),
    )
    .sort((a, b) => b.heldAt - a.heldAt);
}

/** Forgets holds that nobody can ask about any more. */
export function sweepHolds(): void {
  for (const key of keys('hold.')) {
    const held = read<HeldSeats>(key);
    if (!held || held.heldAt + KEPT_MS < shopNow()) remove(key);
  }
}

export function startHoldAttempt(request: HoldSeats): HoldAttempt {
  const attempt = { ...request, key: newKey(), buyerId: session()?.buyerId, startedAt: shopNow() };
  write(attemptKey(request.eventId), attempt);
  return attempt;
}

/** A request for seats of this event that the same buyer made and whose answer never arrived. */
export function unansweredHoldAttempt(eventId: string): HoldAttempt | undefined {
  const attempt = read<HoldAttempt>(attemptKey(eventId));
  const current = attempt && attempt.startedAt + HOLD_ATTEMPT_MS > shopNow() && attempt.buyerId === session()?.buyerId;
  return current ? attempt : undefined;
}

export function endHoldAttempt(eventId: string): void {
  remove(attemptKey(eventId));
}

const UUID_BYTES = 16;

/** An Idempotency-Key. Made by hand because crypto.randomUUID is missing on plain http, as from a phone in the
 *  same network. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(UUID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function holdKey(holdId: string): string {
  return `hold.${holdId}`;
}

function attemptKey(eventId: string): string {
  return `holding.${eventId}`;
}
