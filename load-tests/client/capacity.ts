import http, { type BatchRequest } from 'k6/http';
import { logSeen } from './history.ts';
import { shopUrl } from './settings.ts';

/** Requests that are under way at once while something is prepared or measured: `batchPerHost` of the scenario. */
export const AT_ONCE = 12;
/** One call of `batch`: many times as many, so that its end, when fewer are under way, weighs little. */
const BATCH = 300;

export interface Ask {
  readonly method: 'GET' | 'POST';
  /** Below /api/v1. */
  readonly path: string;
  readonly token?: string;
  readonly key?: string;
  readonly body?: unknown;
}

export interface Told {
  readonly status: number;
  /** Of JSON. */
  readonly body: unknown;
}

/** Asks all of it, `AT_ONCE` at a time, and answers in the same order. */
export function askAll(asks: readonly Ask[]): Told[] {
  const requests: BatchRequest[] = asks.map(({ method, path, token, key, body }) => ({
    method,
    url: `${shopUrl}/api/v1${path}`,
    body: body === undefined ? null : JSON.stringify(body),
    params: {
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      tags: { name: 'prepare', route: 'prepare', phase: 'setup', attempt: '1' },
    },
  }));
  return http.batch(requests).map(({ status, body }) => ({
    status,
    body: typeof body === 'string' && body.startsWith('{') ? (JSON.parse(body) as unknown) : undefined,
  }));
}

/** A request with its answer. */
export interface Served {
  readonly ask: Ask;
  readonly body: unknown;
}

/**
 * Requests a second that the shop serves when it always has `AT_ONCE` of them, counted until it has also finished what
 * it has accepted: what it can do for as long as it likes. A refusal counts as nothing done.
 */
export function capacityOf(
  next: (count: number) => Ask[],
  forMs: number,
  untilDone: (served: Served[]) => void,
): number {
  const startedAt = Date.now();
  const served: Served[] = [];
  while (Date.now() - startedAt < forMs) {
    const asks = next(BATCH);
    for (const [index, { status, body }] of askAll(asks).entries()) {
      const ask = asks[index];
      if (ask !== undefined && status >= 200 && status < 300) served.push({ ask, body });
    }
  }
  untilDone(served);
  return (served.length * 1_000) / (Date.now() - startedAt);
}

/**
 * Arrivals come for so long before they count: k6 makes its virtual users and their connections anew, and what that
 * costs is no part of the shop's steady state.
 */
export const LEAD_IN_MS = 4_000;

/**
 * k6's rates are set before the capacity is known, so they are too high, and of the arrivals that it makes only the
 * share `kept` (0..1) comes to the shop, evenly. Which of those this one is, from 0; undefined: none.
 */
export function keptArrival(iteration: number, kept: number): number | undefined {
  const arrival = Math.floor(iteration * kept);
  return iteration > 0 && arrival === Math.floor((iteration - 1) * kept) ? undefined : arrival;
}

/**
 * Tells the runner what was measured, and above what it cannot be used: more arrivals than k6 was set to make. To be
 * called once the load has begun. A claim's gate reads it: `capacityInRange`.
 */
export function capacityTold(perSecond: number, most: number): void {
  logSeen('capacity', { perSecond, most });
}
