import type { Check, Observations } from '../check';
import { percent } from './requests';

export interface GoodputOptions {
  /** Arrivals of the stage as a multiple of the capacity. */
  readonly multiple: number;
  /** Of how many stages that share the time of the fault, and which, from 0. */
  readonly stage: readonly [index: number, count: number];
  /** Of the capacity, 0..1. */
  readonly atLeast: number;
}

/** The ramp from one stage to the next is not part of either. */
const SETTLING_MS = 1_000;

/**
 * Under a multiple of the capacity that the scenario measured right before, the shop still did this share of it:
 * successes a second, by when they were done.
 */
export function goodput({ multiple, stage: [index, count], atLeast }: GoodputOptions): Check {
  return {
    name: `goodput at ${multiple} times the capacity`,
    judge: (seen) => {
      const capacity = capacityOf(seen);
      const { fromMs, toMs } = stageOf(seen, index, count);
      const served = seen.calls.filter(
        ({ atMs, ms, status }) => status >= 200 && status < 300 && atMs + ms >= fromMs && atMs + ms < toMs,
      ).length;
      const perSecond = (served * 1_000) / (toMs - fromMs);
      return {
        holds: perSecond >= atLeast * capacity,
        measured: `${perSecond.toFixed(0)} of ${capacity.toFixed(0)} requests/s (${percent(perSecond / capacity)})`,
        limit: `at least ${percent(atLeast)}`,
        samples: { seen: served, needed: 100 },
      };
    },
  };
}

/** Every refusal for overload says when to come back, and whoever came back did so no earlier. */
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
      };
    },
  };
}

/** Requests a second. @throws Error where the scenario measured none */
function capacityOf({ seen }: Observations): number {
  const measured = seen.find(({ what }) => what === 'capacity')?.detail['perSecond'];
  if (typeof measured !== 'number') throw new Error('the scenario has not told the capacity that it measured');
  return measured;
}

function stageOf({ phases }: Observations, index: number, count: number): { fromMs: number; toMs: number } {
  const fault = phases.find(({ name }) => name === 'fault');
  if (fault === undefined) throw new Error('there was no fault');
  const stageMs = (fault.toMs - fault.fromMs) / count;
  const fromMs = fault.fromMs + index * stageMs;
  return { fromMs: fromMs + SETTLING_MS, toMs: fromMs + stageMs };
}
