import { type Ask, askAll } from './capacity.ts';
import { type Random, uuid } from './random.ts';
import type { Hold, Order, Session } from './shapes.ts';
import { sleep } from 'k6';

/** Buyers who have come as far as the button: all that is left to do is the order. */
export interface Prepared {
  /** Access tokens. */
  readonly buyers: readonly string[];
  /** Place of the buyer, and the hold. */
  readonly holds: readonly (readonly [buyer: number, holdId: string])[];
}

/** The contract's limit for one buyer and event. */
const SEATS_OF_ONE = 4;
/** Matches that one buyer goes to: fewer would need more of them to sign in. */
const MATCHES_OF_ONE = 10;
const HOLDS_OF_ONE = SEATS_OF_ONE * MATCHES_OF_ONE;
const CATEGORIES = ['CAT1', 'CAT2', 'CAT3', 'CAT4'];
const LOOK_AGAIN_S = 0.25;

/** Asked again so often, after a pause: a shop that has just started refuses some. */
const ROUNDS = 5;
const PAUSE_S = 1;

/** `count` holds of one seat, spread over matches and categories. @throws Error where the shop refuses one in ten */
export function prepare(count: number, eventIds: readonly string[], random: Random): Prepared {
  const people = Array.from({ length: Math.ceil(count / HOLDS_OF_ONE) }, () => `${uuid(random)}@buyers.example`);
  const sessions = askAll(people.map((email) => ({ method: 'POST', path: '/sessions', body: { email } })));
  const buyers = sessions.map(({ body }) => (body as Session).accessToken);
  const holds: (readonly [buyer: number, holdId: string])[] = [];
  let left = Array.from({ length: count }, (_, index) => ({ index, ask: wish(index, buyers, eventIds, random) }));
  for (let round = 0; round < ROUNDS && left.length > 0; round += 1) {
    if (round > 0) sleep(PAUSE_S);
    const told = askAll(left.map(({ ask }) => ask));
    left = left.filter(({ index }, place) => {
      const { status, body } = told[place] ?? { status: 0, body: undefined };
      if (status === 201) holds.push([Math.floor(index / HOLDS_OF_ONE), (body as Hold).holdId]);
      return status !== 201;
    });
  }
  if (holds.length < count * 0.9) throw new Error(`of ${count} holds the shop gave ${holds.length}`);
  return { buyers, holds };
}

function wish(index: number, buyers: readonly string[], eventIds: readonly string[], random: Random): Ask {
  const buyer = Math.floor(index / HOLDS_OF_ONE);
  const match = Math.floor((index % HOLDS_OF_ONE) / SEATS_OF_ONE) + buyer * MATCHES_OF_ONE;
  const eventId = eventIds[match % eventIds.length];
  const body = { eventId, category: CATEGORIES[index % CATEGORIES.length], quantity: 1 };
  return { method: 'POST', path: '/holds', token: buyers[buyer] ?? '', key: uuid(random), body };
}

/** The order of a prepared hold. @throws Error where there are not so many */
export function orderOf({ buyers, holds }: Prepared, place: number, random: Random): Ask {
  const [buyer, holdId] = holds[place] ?? [];
  if (buyer === undefined || holdId === undefined) throw new Error(`hold ${place} of ${holds.length} is not prepared`);
  const body = { holdId, paymentToken: 'tok_ok' };
  return { method: 'POST', path: '/orders', token: buyers[buyer] ?? '', key: uuid(random), body };
}

/** Comes back when none of these orders is pending. */
export function untilSettled(orders: readonly { readonly order: Order; readonly token: string }[]): void {
  let pending = orders;
  for (;;) {
    const told = askAll(
      pending.map(({ order, token }) => ({ method: 'GET', path: `/orders/${order.orderId}`, token })),
    );
    pending = pending.filter((_, index) => (told[index]?.body as Order | undefined)?.status === 'pending');
    if (pending.length === 0) return;
    sleep(LOOK_AGAIN_S);
  }
}
