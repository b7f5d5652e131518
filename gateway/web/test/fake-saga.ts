import type { FailureCode, Hold, Order, TimelineEntry } from '@stampede/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { newId } from './fixtures';

const refusals: Record<string, FailureCode | undefined> = {
  tok_declined: 'card_declined',
  tok_insufficient_funds: 'insufficient_funds',
};
const SLOW_BANK_MS = 5_000;

export interface Running {
  order: Order;
  readonly buyerId: string;
  /** Called with the order after each change. */
  readonly watchers: Set<(order: Order) => void>;
  changes: number;
}

export function startOrder(hold: Hold, buyerId: string): Running {
  const { holdId, eventId, seats, quote } = hold;
  const order: Order = {
    orderId: newId(),
    eventId,
    holdId,
    status: 'pending',
    total: quote.total,
    currency: quote.currency,
    seats,
    tickets: [],
    timeline: [{ at: new Date().toISOString(), step: 'placed', outcome: 'done' }],
  };
  return { order, buyerId, watchers: new Set(), changes: 1 };
}

/** Walks an order through the steps of the saga as the simulated bank's token says. */
export async function runOrder(running: Running, token: string, stepMs: number, signal: AbortSignal): Promise<void> {
  const step = async (name: TimelineEntry['step'], outcome: TimelineEntry['outcome'], change: Partial<Order> = {}) => {
    await pause(stepMs, undefined, { signal });
    const entry = { at: new Date().toISOString(), step: name, outcome };
    running.order = { ...running.order, ...change, timeline: [...running.order.timeline, entry] };
    running.changes += 1;
    for (const watch of running.watchers) watch(running.order);
  };
  await step('confirm-hold', 'done');
  const known = ['tok_ok', 'tok_slow', 'tok_lost_response', 'tok_error_once'].includes(token);
  if (!known) {
    const code = refusals[token] ?? 'card_declined';
    await step('capture', 'declined');
    await step('release-seats', 'done', {
      status: 'declined',
      failure: { code, detail: 'The bank refused the payment.' },
    });
    return;
  }
  if (token === 'tok_slow') await pause(SLOW_BANK_MS, undefined, { signal });
  if (token === 'tok_lost_response') await step('capture', 'unknown');
  await step('capture', 'done');
  const tickets = running.order.seats.map((seat) => ({
    ticketId: newId(),
    seat,
    code: `ST1-${newId().slice(-12).toUpperCase()}`,
  }));
  await step('issue-tickets', 'done');
  await step('settle', 'done', { status: 'confirmed', tickets });
}
