import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { call } from '../client/call.ts';
import {
  AT_ONCE,
  LEAD_IN_MS,
  type Ask,
  capacityOf,
  capacityTold,
  keptArrival,
  type Served,
} from '../client/capacity.ts';
import { setBegin } from '../client/clock.ts';
import { logSeen } from '../client/history.ts';
import { stagedModel } from '../client/load.ts';
import { begin, matchesOnSale } from '../client/match.ts';
import { orderOf, type Prepared, prepare, untilSettled } from '../client/prepared.ts';
import { type Random, randomOfArrival } from '../client/random.ts';
import { settingsOf } from '../client/settings.ts';
import type { Order } from '../client/shapes.ts';
import { overload } from '../client/stages.ts';

export { handleSummary } from '../client/summary.ts';

const settings = settingsOf({
  /** Arrivals in the fault, as multiples of the capacity that was measured right before. */
  multiples: '2,4,8',
  /** Arrivals before and after, as a share of it. */
  calmShare: 0.5,
  /** One arrival in so many is an order, whose buyer has a hold already; the others look at the programme. */
  arrivalsPerOrder: 20,
  /** How long the capacity is measured, and as long before that the shop warms up. */
  capacityMs: 5_000,
  /** Requests a second; a shop that can do more cannot be measured with this. */
  mostCapacity: 300,
  pageSize: 50,
  matches: 100,
  visitMs: 600,
});

interface Opening {
  readonly beganAtMs: number;
  readonly prepared: Prepared;
  /** Of the arrivals that k6 makes, the share (0..1) that come to the shop: k6's rates are set before it is known. */
  readonly kept: number;
}

export const options: Options = {
  ...stagedModel('visitor', stages(), settings.visitMs),
  batch: AT_ONCE,
  batchPerHost: AT_ONCE,
  setupTimeout: '240s',
};

/** At the highest capacity there can be. */
function stages() {
  const scaled = settings.multiples.split(',').map((multiple) => Number(multiple) / settings.calmShare);
  const counted = overload(settings.mostCapacity * settings.calmShare, scaled.join(','));
  return [{ ratePerSecond: settings.mostCapacity * settings.calmShare, durationMs: LEAD_IN_MS }, ...counted];
}

export function setup(): Opening {
  const random = Math.random;
  const eventIds = matchesOnSale(settings.matches);
  const measure = () => {
    const ofMost = Math.ceil((settings.mostCapacity * settings.capacityMs) / 1_000 / settings.arrivalsPerOrder);
    const prepared = prepare(ofMost + AT_ONCE, eventIds, random);
    let arrival = 0;
    const next = (count: number) => Array.from({ length: count }, () => askOf(arrival++, prepared, random));
    return capacityOf(next, settings.capacityMs, (served) => untilSettled(ordersIn(served)));
  };
  measure(); // the code is compiled as it is used: the first seconds of a process are not what it can do
  const capacity = measure();
  const arrivals = stages().reduce(
    (sum, { ratePerSecond, durationMs }) => sum + (ratePerSecond * durationMs) / 1_000,
    0,
  );
  const kept = Math.min(1, capacity / settings.mostCapacity);
  const prepared = prepare(Math.ceil((arrivals * kept) / settings.arrivalsPerOrder) + AT_ONCE, eventIds, random);
  const opening = begin({ prepared, kept }, LEAD_IN_MS);
  capacityTold(capacity, settings.mostCapacity);
  return opening;
}

/**
 * One arrival in `arrivalsPerOrder` orders, the others look at the programme. Each of these costs the shop the same; a
 * match's page costs less the more look at it, and with it a crowd would raise the capacity.
 */
function askOf(arrival: number, prepared: Prepared, random: Random): Ask {
  const { arrivalsPerOrder } = settings;
  if (arrival % arrivalsPerOrder === 0) return orderOf(prepared, arrival / arrivalsPerOrder, random);
  return { method: 'GET', path: `/events?onSale=true&pageSize=${settings.pageSize}` };
}

function ordersIn(served: readonly Served[]) {
  return served
    .filter(({ ask }) => ask.path === '/orders')
    .map(({ ask, body }) => ({ order: body as Order, token: ask.token ?? '' }));
}

export function visitor({ beganAtMs, prepared, kept }: Opening): void {
  const arrival = keptArrival(exec.scenario.iterationInTest, kept);
  if (arrival === undefined) return;
  if (Date.now() >= beganAtMs) setBegin(beganAtMs);
  const random = randomOfArrival();
  const ask = askOf(arrival, prepared, random);
  if (ask.path !== '/orders') {
    call('event-list', { ...ask, random, attempts: 1 });
    return;
  }
  const placed = call<Order>('place-order', { ...ask, random });
  if (placed.body === undefined) return;
  const { orderId, status, total, currency } = placed.body;
  logSeen('order', { orderId, key: ask.key, status, total, currency, replayed: placed.replayed });
}
