import type { Check, Observations, Phase } from '../check';
import { percent } from './requests';

export interface GoodputOptions {
  /** Arrivals of the stage as a multiple of the capacity. */
  readonly multiple: number;
  /** Of how many stages that share the time of the fault, and which, from 0. */
  readonly stage: readonly [index: number, count: number];
  /** Of the capacity, 0..1. */
  readonly atLeast: number;
  /** Nobody waits longer for an answer; one that comes later is of no use. */
  readonly withinMs: number;
}

/**
 * For a gate: the load was a share of a capacity that the scenario measured right before, and k6 was set to make as
 * many arrivals as that needs.
 */
export function capacityInRange(): Check {
  return {
    name: 'capacity that was measured',
    judge: ({ seen }) => {
      const { perSecond, most } = seen.find(({ what }) => what === 'capacity')?.detail ?? {};
      const told = typeof perSecond === 'number' && typeof most === 'number';
      return {
        holds: told && perSecond > 0 && perSecond <= most,
        measured: told ? `${perSecond.toFixed(0)}/s` : 'none',
        limit: told ? `at most ${most}/s, for which the load is set` : 'one that the scenario tells',
      };
    },
  };
}

/** The ramp from one stage to the next is not part of either. */
const SETTLING_MS = 1_000;

/**
 * Under a multiple of the capacity that the scenario measured right before, the shop still did this share of it:
 * successes in time a second, by when they were done.
 */
export function goodput({ multiple, stage: [index, count], atLeast, withinMs }: GoodputOptions): Check {
  return {
    name: `goodput at ${multiple} times the capacity`,
    judge: (seen) => {
      const capacity = capacityOf(seen);
      const { fromMs, toMs } = stageOf(seen, index, count);
      const served = seen.calls.filter(
        ({ atMs, ms, status }) =>
          status >= 200 && status < 300 && ms <= withinMs && atMs + ms >= fromMs && atMs + ms < toMs,
      ).length;
      const perSecond = (served * 1_000) / (toMs - fromMs);
      return {
        holds: perSecond >= atLeast * capacity,
        measured: `${perSecond.toFixed(0)} of ${capacity.toFixed(0)} requests/s (${percent(perSecond / capacity)})`,
        limit: `at least ${percent(atLeast)}`,
        samples: { seen: served, needed: 100 },
        beyond: { times: (atLeast * capacity) / perSecond },
      };
    },
  };
}

/** Every refusal for overload says when to come back. That buyers wait so long is the client's own doing: call.ts. */
export function retryAfterGiven(): Check {
  return {
    name: 'refusals without Retry-After',
    judge: ({ calls, seen }) => {
      const refused = calls.filter(({ status }) => status === 429 || status === 503).length;
      const without = seen.filter(({ what }) => what === 'no-retry-after').length;
      return {
        holds: without === 0,
        measured: `${without} of ${refused}`,
        limit: 'none',
        samples: { seen: refused, needed: 1 },
        beyond: { count: without },
      };
    },
  };
}

/**
 * What a refusal costs of the processor, against a request that is served, over all processes of the shop but its
 * database server. The gateway's time, second by second, is what it takes idle, for each that is served and for each
 * that is refused: by least squares.
 */
export function refusalCost({ atMost }: { readonly atMost: number }): Check {
  return {
    name: 'CPU of a refusal against a request that is served',
    judge: (seen) => {
      const seconds = secondsOf(seen);
      const steady = phaseOf(seen, 'steady');
      const before = seconds.filter(({ atMs }) => atMs >= steady.fromMs && atMs < steady.toMs - SECOND_MS);
      const servedMs = sum(before.map(({ shopMs }) => shopMs)) / sum(before.map(({ served }) => served));
      const refusalMs = leastSquares(seconds)?.refused ?? Number.NaN;
      return {
        holds: refusalMs <= atMost * servedMs,
        measured: `${refusalMs.toFixed(3)} ms against ${servedMs.toFixed(2)} ms (${percent(refusalMs / servedMs)})`,
        limit: `at most ${percent(atMost)}`,
        beyond: { times: refusalMs / (atMost * servedMs) },
        samples: { seen: sum(seconds.map(({ refused }) => refused)), needed: 500 },
      };
    },
  };
}

const SECOND_MS = 1_000;

interface Second {
  readonly atMs: number;
  readonly shopMs: number;
  readonly gatewayMs: number;
  /** By when they were done. */
  readonly served: number;
  readonly refused: number;
}

/** Seconds of which both figures are known. */
function secondsOf({ calls, series }: Observations): Second[] {
  const [shop = [], gateway = []] = [series['CPU seconds'], series['CPU seconds of the gateway']];
  const counts = gateway.map(() => ({ served: 0, refused: 0 }));
  for (const { atMs, ms, status } of calls) {
    const count = counts[Math.floor((atMs + ms) / SECOND_MS)];
    if (count === undefined) continue;
    if (status >= 200 && status < 300) count.served += 1;
    else if (status === 503) count.refused += 1;
  }
  const grown = (totals: readonly (number | null)[], at: number) => {
    const [from, to] = [totals[at], totals[at + 1]];
    return typeof from === 'number' && typeof to === 'number' ? (to - from) * SECOND_MS : Number.NaN;
  };
  return counts
    .map((count, at) => ({ ...count, atMs: at * SECOND_MS, shopMs: grown(shop, at), gatewayMs: grown(gateway, at) }))
    .filter(({ shopMs, gatewayMs }) => Number.isFinite(shopMs) && Number.isFinite(gatewayMs));
}

/** The gateway's ms for one that is served and one that is refused; undefined where the seconds do not tell. */
function leastSquares(seconds: readonly Second[]): { served: number; refused: number } | undefined {
  const mean = (of: (second: Second) => number) => sum(seconds.map(of)) / seconds.length;
  const [served, refused, ms] = [mean((s) => s.served), mean((s) => s.refused), mean((s) => s.gatewayMs)];
  const ss = sum(seconds.map((s) => (s.served - served) ** 2));
  const rr = sum(seconds.map((s) => (s.refused - refused) ** 2));
  const sr = sum(seconds.map((s) => (s.served - served) * (s.refused - refused)));
  const sm = sum(seconds.map((s) => (s.served - served) * (s.gatewayMs - ms)));
  const rm = sum(seconds.map((s) => (s.refused - refused) * (s.gatewayMs - ms)));
  const determinant = ss * rr - sr * sr;
  if (!(determinant > 0)) return undefined;
  return { served: (sm * rr - rm * sr) / determinant, refused: (rm * ss - sm * sr) / determinant };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Requests a second. @throws Error where the scenario measured none */
function capacityOf({ seen }: Observations): number {
  const measured = seen.find(({ what }) => what === 'capacity')?.detail['perSecond'];
  if (typeof measured !== 'number') throw new Error('the scenario has not told the capacity that it measured');
  return measured;
}

function phaseOf({ phases }: Observations, wanted: Phase['name']): Phase {
  const phase = phases.find(({ name }) => name === wanted);
  if (phase === undefined) throw new Error(`there was no phase "${wanted}"`);
  return phase;
}

function stageOf(seen: Observations, index: number, count: number): { fromMs: number; toMs: number } {
  const fault = phaseOf(seen, 'fault');
  const stageMs = (fault.toMs - fault.fromMs) / count;
  const fromMs = fault.fromMs + index * stageMs;
  return { fromMs: fromMs + SETTLING_MS, toMs: fromMs + stageMs };
}
