import type { Check, Observations, Phase } from '../check';
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
      };
    },
  };
}

/**
 * What a refusal costs of the processor, against a request that is served, over all processes of the shop but its
 * database server. Of the gateway's time under overload what it took for those served, as before, is not the refusals'.
 */
export function refusalCost({ atMost }: { readonly atMost: number }): Check {
  return {
    name: 'CPU of a refusal against a request that is served',
    judge: (seen) => {
      const before = costOf(seen, 'steady');
      const during = costOf(seen, 'fault');
      const servedMs = before.shopMs / before.served;
      const refusalMs = (during.gatewayMs - (before.gatewayMs / before.served) * during.served) / during.refused;
      return {
        holds: refusalMs <= atMost * servedMs,
        measured: `${refusalMs.toFixed(3)} ms against ${servedMs.toFixed(2)} ms (${percent(refusalMs / servedMs)})`,
        limit: `at most ${percent(atMost)}`,
        samples: { seen: during.refused, needed: 500 },
      };
    },
  };
}

const SECOND_MS = 1_000;

function costOf(seen: Observations, name: Phase['name']) {
  const { fromMs, toMs } = phaseOf(seen, name);
  const [from, to] = [Math.ceil(fromMs / SECOND_MS), Math.floor(toMs / SECOND_MS)];
  const cpuMs = (series: string) => {
    const [first, last] = [seen.series[series]?.[from], seen.series[series]?.[to]];
    return typeof first === 'number' && typeof last === 'number' ? (last - first) * SECOND_MS : Number.NaN;
  };
  const within = seen.calls.filter(({ atMs }) => atMs >= from * SECOND_MS && atMs < to * SECOND_MS);
  return {
    shopMs: cpuMs('CPU seconds'),
    gatewayMs: cpuMs('CPU seconds of the gateway'),
    served: within.filter(({ status }) => status >= 200 && status < 300).length,
    refused: within.filter(({ status }) => status === 503).length,
  };
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
