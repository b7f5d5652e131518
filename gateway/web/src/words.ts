import type { FailureCode, TimelineEntry } from '@stampede/contracts';
import { ShopProblem, Unreachable } from './http';

/** What happened and what to do about it, in a buyer's words. */
export interface Words {
  readonly title: string;
  readonly text: string;
}

const byCode: Record<string, Words> = {
  validation_failed: { title: 'The shop did not understand this', text: 'Check what you entered and try again.' },
  unauthenticated: {
    title: 'Your session has ended',
    text: 'Sign in with the same e-mail address to go on. Everything is kept.',
  },
  forbidden: { title: 'This account may not do this', text: 'Sign in with a buyer’s account.' },
  not_admitted: {
    title: 'It is not your turn yet',
    text: 'This match has a waiting room. Join it; you will be let in by order of arrival.',
  },
  not_found: {
    title: 'There is no such thing here',
    text: 'It may belong to another account, or the address is mistyped.',
  },
  purchase_limit: {
    title: 'Four seats are the limit',
    text: 'One buyer can have 4 seats for a match; held and bought ones count. Choose fewer, or look at your orders.',
  },
  sold_out: {
    title: 'Not enough seats left here',
    text: 'Someone was quicker. Choose fewer seats or another category. Held seats may come back in two minutes.',
  },
  not_on_sale: { title: 'Not on sale yet', text: 'Come back when the sale opens. This page opens by itself.' },
  sale_closed: { title: 'The sale is closed', text: 'This match has started or is over.' },
  hold_expired: {
    title: 'Your time ran out',
    text: 'The seats went back on sale. Nothing was charged. You can choose seats again.',
  },
  hold_used: { title: 'These seats already have an order', text: 'You will find it under “My orders”.' },
  idempotency_in_flight: {
    title: 'Still working on it',
    text: 'Your first request is being answered. We ask again by ourselves; it counts once.',
  },
  idempotency_conflict: {
    title: 'This was already sent with another choice',
    text: 'The first choice counts. You will find it under “My orders”.',
  },
  rate_limited: { title: 'A little too fast', text: 'The shop asks for a short pause. We try again by ourselves.' },
  pricing_unavailable: {
    title: 'No price can be had right now',
    text: 'Nothing is held and nothing is charged. We try again by ourselves.',
  },
  overloaded: {
    title: 'The shop is very busy',
    text: 'We try again by ourselves. You lose nothing and pay at most once.',
  },
  outcome_unknown: {
    title: 'The answer is not known yet',
    text: 'We ask again by ourselves, under the same key, so it counts once.',
  },
};

const hiccup: Words = {
  title: 'The shop has a hiccup',
  text: 'A part of it does not answer right now. We try again by ourselves. You lose nothing and pay at most once.',
};
const offline: Words = {
  title: 'You are offline',
  text: 'Everything is kept here. We go on as soon as the connection is back.',
};
const unreachable: Words = {
  title: 'The shop cannot be reached',
  text: 'Check your connection. We try again by ourselves. You lose nothing and pay at most once.',
};

/** Never empty, never technical; a code this page does not know shows the shop's own explanation. */
export function explain(error: unknown): Words {
  if (error instanceof Unreachable) return navigator.onLine ? unreachable : offline;
  if (!(error instanceof ShopProblem))
    return { title: 'This page has a problem', text: 'Reload it. Holds and orders are kept.' };
  const known = byCode[error.code];
  if (known) return known;
  if (error.status >= 500) return hiccup;
  return { title: 'That did not work', text: error.message || 'Try again, or go back to the matches.' };
}

const failures: Record<FailureCode, Words> = {
  card_declined: {
    title: 'The bank declined the payment',
    text: 'Nothing was charged and the seats went back on sale. Try another way to pay.',
  },
  insufficient_funds: {
    title: 'Not enough money on the card',
    text: 'The bank refused. Nothing was charged and the seats went back on sale. Try another way to pay.',
  },
  hold_lost: { title: 'The seats were lost', text: 'The hold ended before the order reached it. Nothing was charged.' },
  deadline_passed: { title: 'This took too long', text: 'The order could not be finished in time and was called off.' },
};

export function explainFailure(failure: { code: string; detail: string } | undefined): Words {
  const known = failure && (failures as Record<string, Words | undefined>)[failure.code];
  return known ?? { title: 'The order did not go through', text: failure?.detail ?? 'Nothing is left to pay.' };
}

export type StepState = 'done' | 'now' | 'later' | 'failed';

const steps: Record<TimelineEntry['step'], Record<StepState, string>> = {
  placed: { done: 'Order received', now: 'Sending your order', later: 'Order received', failed: 'Order not received' },
  'confirm-hold': { done: 'Seats secured', now: 'Securing your seats', later: 'Seats secured', failed: 'Seats lost' },
  capture: { done: 'Payment taken', now: 'Asking the bank', later: 'Payment', failed: 'Payment refused' },
  'issue-tickets': {
    done: 'Tickets issued',
    now: 'Issuing tickets',
    later: 'Tickets issued',
    failed: 'Tickets not issued',
  },
  settle: { done: 'All done', now: 'Finishing', later: 'All done', failed: 'Not finished' },
  'release-seats': {
    done: 'Seats released',
    now: 'Releasing the seats',
    later: 'Seats released',
    failed: 'Seats not released yet',
  },
  refund: {
    done: 'Money returned',
    now: 'Returning the money',
    later: 'Money returned',
    failed: 'Money not returned yet',
  },
};

export function stepWords(step: TimelineEntry['step'], state: StepState): string {
  return (steps[step] as Record<StepState, string> | undefined)?.[state] ?? step;
}

/** The parts of an event page that are stale or missing, as one sentence; empty when all is well. */
export function explainDegraded(parts: readonly string[]): string {
  const sentences: Record<string, string> = {
    event: 'The details of this match may be out of date.',
    availability: 'How many seats are left cannot be told right now; you can still try to hold some.',
    pricing: 'Prices may differ; you will see the exact price before you pay.',
  };
  return parts.map((part) => sentences[part] ?? 'Part of this page may be out of date.').join(' ');
}
