import { sleep } from 'k6';
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { call } from '../client/call.ts';
import { AT_ONCE, LEAD_IN_MS, type Ask, askAll, capacityOf, capacityTold, keptArrival } from '../client/capacity.ts';
import { setBegin } from '../client/clock.ts';
import { openModel } from '../client/load.ts';
import { begin, matchesOnSale } from '../client/match.ts';
import { orderOf, prepare, untilSettled } from '../client/prepared.ts';
import { randomOfArrival } from '../client/random.ts';
import { settingsOf, totalMs } from '../client/settings.ts';
import type { Order } from '../client/shapes.ts';

export { handleSummary } from '../client/summary.ts';

const settings = settingsOf({
  /** Arrivals, as a share of the capacity that was measured right before. */
  share: 0.4,
  /** Orders that are looked at. */
  orders: 40,
  capacityMs: 4_000,
  /** Requests a second; a shop that can do more cannot be measured with this. */
  mostCapacity: 2_000,
  visitMs: 1_000,
});

/** Orders are placed again so often, after a pause. */
const ROUNDS = 5;
const PAUSE_S = 1;

interface Opening {
  readonly beganAtMs: number;
  readonly looks: readonly { readonly orderId: string; readonly token: string }[];
  readonly kept: number;
}

/** Buyers who look at their order again and again: many, all of one kind, and each answer costs the shop the same. */
export const options: Options = {
  ...openModel({
    exec: 'buyer',
    perSecond: settings.mostCapacity * settings.share,
    forMs: LEAD_IN_MS + totalMs,
    visitMs: settings.visitMs,
  }),
  batch: AT_ONCE,
  batchPerHost: AT_ONCE,
  setupTimeout: '90s',
};

export function setup(): Opening {
  const prepared = prepare(settings.orders, matchesOnSale(settings.orders), Math.random);
  const orders = placed(prepared.holds.map((_, place) => orderOf(prepared, place, Math.random)));
  untilSettled(orders);
  const looks = orders.map(({ order, token }) => ({ orderId: order.orderId, token }));
  const next = (count: number): Ask[] => Array.from({ length: count }, (_, index) => askOf(looks, index));
  const measure = () => capacityOf(next, settings.capacityMs, () => undefined);
  measure(); // the code is compiled as it is used: the first seconds of a process are not what it can do
  const capacity = measure();
  const opening = begin({ looks, kept: Math.min(1, capacity / settings.mostCapacity) }, LEAD_IN_MS);
  capacityTold(capacity, settings.mostCapacity);
  return opening;
}

/**
 * What became of these orders. One that is refused is asked for again under its key: a shop that has just started
 * refuses some. @throws Error where the shop does not take all of them
 */
function placed(asks: readonly Ask[]): { readonly order: Order; readonly token: string }[] {
  const orders: { readonly order: Order; readonly token: string }[] = [];
  let left = asks;
  for (let round = 0; round < ROUNDS && left.length > 0; round += 1) {
    if (round > 0) sleep(PAUSE_S);
    const told = askAll(left);
    left = left.filter(({ token = '' }, place) => {
      const { status, body } = told[place] ?? { status: 0, body: undefined };
      if (status === 202) orders.push({ order: body as Order, token });
      return status !== 202;
    });
  }
  if (left.length > 0) throw new Error(`of ${asks.length} orders the shop took ${orders.length}`);
  return orders;
}

function askOf(looks: Opening['looks'], arrival: number): Ask {
  const { orderId, token } = looks[arrival % looks.length] ?? { orderId: '', token: '' };
  return { method: 'GET', path: `/orders/${orderId}`, token };
}

export function buyer({ beganAtMs, looks, kept }: Opening): void {
  const arrival = keptArrival(exec.scenario.iterationInTest, kept);
  if (arrival === undefined) return;
  if (Date.now() >= beganAtMs) setBegin(beganAtMs);
  call<Order>('order', { ...askOf(looks, arrival), random: randomOfArrival() });
}
