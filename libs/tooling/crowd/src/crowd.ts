import { setTimeout as delay } from 'node:timers/promises';
import type { Category, Order } from '@stampede/contracts';
import { arrivals, type ArrivalOptions } from './arrivals';
import { buy, look, type Visit } from './buyer';
import { LatencyHistogram } from './latency';
import { ShopClient } from './shop-client';
import type { Trace } from './trace';

export interface CrowdOptions extends ArrivalOptions {
  readonly url: string;
  readonly eventId: string;
  readonly trace: Trace;
  /** Share of visitors (0..1) who buy; the others look at the page. */
  readonly buyerRatio: number;
  /** Named in e-mail addresses, so that two crowds have no buyer in common. */
  readonly name: string;
  /**
   * Visitors at the same time; beyond it an arrival is dropped and counted: the crowd was the limit then, not the shop.
   */
  readonly mostVisitors: number;
  readonly categories: readonly Category[];
  readonly signal?: AbortSignal;
  /** Called about once a second. */
  readonly onProgress?: (progress: CrowdResult) => void;
}

export interface RouteResult {
  readonly latency: LatencyHistogram;
  readonly statuses: Map<number, number>;
}

/** The crowd's own history: what the shop answered, not what it says of itself. */
export interface CrowdResult {
  arrived: number;
  dropped: number;
  present: number;
  readonly ends: Map<string, number>;
  readonly orders: Map<string, Pick<Order, 'status'>>;
  readonly routes: Map<string, RouteResult>;
}

const PROGRESS_MS = 1_000;

/** What buyers pay with, by how many of a hundred do. The provider misbehaves for them as the contract says. */
const PAYMENT_MIX: readonly (readonly [token: string, perHundred: number])[] = [
  ['tok_ok', 90],
  ['tok_declined', 4],
  ['tok_insufficient_funds', 2],
  ['tok_slow', 1],
  ['tok_lost_response', 2],
  ['tok_error_once', 1],
];
const MOST_SEATS = 4;

/** Sends a crowd at the trace's rate, in an open model, and resolves when the last visitor has left. */
export async function runCrowd(options: CrowdOptions): Promise<CrowdResult> {
  const result: CrowdResult = {
    arrived: 0,
    dropped: 0,
    present: 0,
    ends: new Map(),
    orders: new Map(),
    routes: new Map(),
  };
  const shop = new ShopClient(options.url, observer(result), options.random);
  const visits = new Set<Promise<void>>();
  const progress = setInterval(() => options.onProgress?.(result), PROGRESS_MS);
  const startedAt = performance.now();
  try {
    for (const arrivalMs of arrivals(options.trace, options)) {
      const waitMs = arrivalMs - (performance.now() - startedAt);
      if (waitMs > 1) await delay(waitMs, undefined, { ref: true });
      if (options.signal?.aborted === true) break;
      result.arrived += 1;
      if (result.present >= options.mostVisitors) {
        result.dropped += 1;
        continue;
      }
      result.present += 1;
      const visit = visitOf(shop, options, result.arrived).then((end) => record(result, end));
      visits.add(visit);
      void visit.finally(() => visits.delete(visit));
    }
    await Promise.all(visits);
  } finally {
    clearInterval(progress);
    await shop.close();
  }
  options.onProgress?.(result);
  return result;
}

function visitOf(shop: ShopClient, options: CrowdOptions, number: number): Promise<Visit> {
  const { random, categories } = options;
  if (random() >= options.buyerRatio) return look(shop, options.eventId);
  return buy(shop, {
    eventId: options.eventId,
    category: categories[Math.floor(random() * categories.length)] ?? 'CAT4',
    quantity: 1 + Math.floor(random() * MOST_SEATS),
    paymentToken: paymentToken(random() * 100),
    name: `${options.name}-${number}`,
  });
}

function paymentToken(draw: number): string {
  let sum = 0;
  for (const [token, perHundred] of PAYMENT_MIX) {
    sum += perHundred;
    if (draw < sum) return token;
  }
  return 'tok_ok';
}

function record(result: CrowdResult, visit: Visit): void {
  result.present -= 1;
  const end = visit.code === undefined ? visit.end : `${visit.end}: ${visit.code}`;
  result.ends.set(end, (result.ends.get(end) ?? 0) + 1);
  if (visit.order !== undefined) result.orders.set(visit.order.orderId, visit.order);
}

function observer(result: CrowdResult) {
  return (route: string, status: number, latencyMs: number) => {
    let seen = result.routes.get(route);
    if (seen === undefined) result.routes.set(route, (seen = { latency: new LatencyHistogram(), statuses: new Map() }));
    seen.latency.record(latencyMs);
    seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1);
  };
}
