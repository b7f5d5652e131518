import type { InvariantId, Order, OrderStatus } from '@stampede/contracts';
import type { Check, Observations } from '../check';
import { percent } from './requests';

/**
 * A check on orders means nothing for those that could not be read: what is broken without them is broken, and
 * everything else is unknown.
 */
export function knowingAll(check: Check): Check {
  return {
    name: check.name,
    judge: (seen) => {
      const judged = check.judge(seen);
      const { length } = seen.unread;
      if (length === 0 || !judged.holds) return judged;
      const measured = `${judged.measured}; ${length} could not be read`;
      return { ...judged, holds: false, unknown: true, measured };
    },
  };
}

/** C1 by the buyers' history: every order that was acknowledged is known, and has come to an end. */
export function everyOrderEnded(): Check {
  return knowingAll({
    name: 'acknowledged orders that are lost or still pending',
    judge: ({ orders }) => {
      const open = [...orders.values()].filter((order) => order === undefined || order.status === 'pending').length;
      return {
        holds: open === 0,
        measured: `${open} of ${orders.size} orders`,
        limit: 'none',
        beyond: { count: open },
        samples: { seen: orders.size, needed: 1 },
      };
    },
  });
}

/** Of the orders that were acknowledged, the share that ended in one of `statuses`. */
export function ordersEnded(options: { readonly as: readonly OrderStatus[]; readonly atLeast: number }): Check {
  return knowingAll({
    name: `acknowledged orders that ended ${options.as.join(' or ')}`,
    judge: ({ orders }) => {
      const ended = [...orders.values()].filter((order) => order !== undefined && options.as.includes(order.status));
      return {
        holds: ended.length >= options.atLeast * orders.size,
        measured: `${ended.length} of ${orders.size} orders`,
        limit: `at least ${percent(options.atLeast)}`,
        beyond: { count: Math.ceil(options.atLeast * orders.size) - ended.length },
        samples: { seen: orders.size, needed: 1 },
      };
    },
  });
}

/** C4 by the buyers' tickets: no seat of a match is on two of them. */
export function noSeatTwice(): Check {
  return knowingAll({
    name: 'seats sold more than once',
    judge: (seen) => {
      const seats = ticketsOf(seen).map(({ eventId, seat }) => `${eventId} ${JSON.stringify(seat)}`);
      const twice = seats.length - new Set(seats).size;
      return {
        holds: twice === 0,
        measured: `${twice} of ${seats.length} tickets`,
        limit: 'none',
        beyond: { count: twice },
        samples: { seen: seats.length, needed: 1 },
      };
    },
  });
}

/** No more tickets than seats: `seats` is what was for sale, in all. */
export function ticketsAtMost(seats: number): Check {
  return knowingAll({
    name: 'tickets sold',
    judge: (seen) => {
      const sold = ticketsOf(seen).length;
      return { holds: sold <= seats, measured: `${sold}`, limit: `at most ${seats}`, beyond: { count: sold - seats } };
    },
  });
}

/** One hold, one order: a repeated request never made another one that was paid, and some were repeated. */
export function oneOrderPerKey(options: { readonly replaysAtLeast: number }): Check {
  return knowingAll({
    name: 'requests that made two orders',
    judge: ({ seen, orders, untold }) => {
      const made = [...orders.values(), ...untold.values()].filter((order) => order !== undefined);
      const byHold = Map.groupBy(made, ({ holdId }) => holdId);
      const twice = [...byHold.values()].filter(({ length }) => length > 1).length;
      const replays = seen.filter(({ what, detail }) => what === 'order' && detail['replayed'] === true).length;
      return {
        holds: twice === 0,
        measured: `${twice} of ${byHold.size}, ${replays} replays`,
        limit: 'none',
        beyond: { count: twice },
        samples: { seen: replays, needed: options.replaysAtLeast },
      };
    },
  });
}

/**
 * What the shop says of its own invariants. Testimony of the accused: a claim has a check on the buyers' history or
 * the provider's books beside it.
 */
export function audit(...ids: readonly InvariantId[]): Check {
  return {
    name: `the shop's own audit of ${ids.join(', ')}`,
    judge: ({ audit: report }) => {
      const asked = report?.invariants.filter(({ id }) => ids.includes(id)) ?? [];
      const broken = asked.filter(({ holds, inFlight }) => !holds || inFlight > 0);
      const told = broken.map(({ id, violations, inFlight }) => `${id}: ${violations.length}, ${inFlight} in flight`);
      return {
        holds: asked.length === ids.length && broken.length === 0,
        measured: report === undefined ? 'no answer' : told.join('; ') || 'no violation',
        limit: 'no violation',
        ...(report === undefined ? { unknown: true } : {}),
        beyond: { count: broken.reduce((sum, { violations, inFlight }) => sum + violations.length + inFlight, 0) },
      };
    },
  };
}

function ticketsOf({ orders }: Observations): { eventId: string; seat: unknown }[] {
  const known = [...orders.values()].filter((order): order is Order => order !== undefined);
  return known.flatMap(({ eventId, tickets }) => tickets.map(({ seat }) => ({ eventId, seat })));
}
