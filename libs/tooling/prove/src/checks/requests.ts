import type { Call, Check, Judgement, Observations, Phase } from '../check';
import { percentile } from '../percentile';

export type PhaseName = Phase['name'];

export interface CallFilter {
  /** Default: every route. */
  readonly routes?: readonly string[];
  /** Default: the whole run. */
  readonly during?: readonly PhaseName[];
}

/** Samples that a ratio needs: three expected failures at the limit, so that none seen means something. */
const SAMPLES_AT_LIMIT = 3;
/** For "not one": none of a hundred says that fewer than three in a hundred fail. */
const SAMPLES_FOR_NONE = 100;

/**
 * Of the requests that buyers made, retries and all, the share that they gave up. A request belongs to the phase in
 * which its first attempt began, however late the last one was. Fewer than 3 / `atMost` requests are too few to judge,
 * for "none" fewer than 100.
 */
export function failures({ atMost, ...filter }: CallFilter & { readonly atMost: number }): Check {
  return {
    name: `requests that failed${scope(filter)}`,
    judge: (seen) => {
      const last = select(seen, filter, ({ firstAtMs }) => firstAtMs).filter(isLastAttempt);
      return ratio(last.filter(({ failed }) => failed).length, last.length, atMost);
    },
  };
}

/** As `failures`, with every attempt counted, each in the phase that it began in: no answer, and any 5xx. */
export function failedAttempts({ atMost, ...filter }: CallFilter & { readonly atMost: number }): Check {
  return {
    name: `attempts that failed${scope(filter)}`,
    judge: (seen) => {
      const calls = select(seen, filter);
      return ratio(calls.filter(({ status }) => status === 0 || status >= 500).length, calls.length, atMost);
    },
  };
}

function ratio(failed: number, all: number, atMost: number): Judgement {
  return {
    holds: failed <= atMost * all,
    measured: `${failed} of ${all}`,
    limit: atMost === 0 ? 'none' : `at most ${percent(atMost)}`,
    samples: { seen: all, needed: atMost === 0 ? SAMPLES_FOR_NONE : samplesFor(atMost) },
    beyond: atMost === 0 ? { count: failed } : { times: failed / (atMost * all) },
  };
}

/** How many samples a share (0..1) can be judged by: 3,000 for 0.1 %. */
export function samplesFor(share: number): number {
  return Math.ceil(Number((SAMPLES_AT_LIMIT / share).toPrecision(12))); // 1 - 0.99 is not 0.01
}

/** A percentile (0..1) of the time that answered attempts took, in ms. */
export function latency(options: CallFilter & { readonly quantile: number; readonly belowMs: number }): Check {
  const { quantile, belowMs, ...filter } = options;
  const label = `p${quantile * 100}`;
  return {
    name: `${label} of answers${scope(filter)}`,
    judge: (seen) => {
      const times = select(seen, filter)
        .filter(({ status }) => status !== 0)
        .map(({ ms }) => ms);
      const value = percentile(times, quantile) ?? 0;
      return {
        holds: times.length > 0 && value < belowMs,
        measured: `${Math.round(value)} ms`,
        limit: `below ${belowMs} ms`,
        samples: { seen: times.length, needed: samplesFor(1 - quantile) },
        beyond: { times: value / belowMs },
      };
    },
  };
}

/** The calls of a run that a filter lets through, each in the phase that it began in. */
export function select(
  seen: Observations,
  { routes, during }: CallFilter,
  beganAt: (call: Call) => number = ({ atMs }) => atMs,
): readonly Call[] {
  const phases = during === undefined ? undefined : seen.phases.filter(({ name }) => during.includes(name));
  const isWithin = (ms: number) => phases?.some(({ fromMs, toMs }) => ms >= fromMs && ms < toMs) ?? true;
  return seen.calls.filter((call) => (routes === undefined || routes.includes(call.route)) && isWithin(beganAt(call)));
}

/** A request that will be tried again is judged by its last attempt. */
function isLastAttempt({ failed, status, code }: Call): boolean {
  return failed || !(status === 0 || status === 429 || status === 503 || code === 'idempotency_in_flight');
}

function scope({ routes, during }: CallFilter): string {
  const where = routes === undefined ? '' : ` on ${routes.join(', ')}`;
  return `${where}${during === undefined ? '' : ` (${during.join(' and ')})`}`;
}

/** `0.001` as `0.1 %`. */
export function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(3))} %`;
}
