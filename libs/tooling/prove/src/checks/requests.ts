import type { Call, Check, Observations, Phase } from '../check';
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

/**
 * Of the requests that buyers made, retries and all, the share that they gave up. Fewer than 3 / `atMost` requests are
 * too few to judge.
 */
export function failures({ atMost, ...filter }: CallFilter & { readonly atMost: number }): Check {
  return {
    name: `requests that failed${scope(filter)}`,
    judge: (seen) => {
      const last = select(seen, filter).filter(isLastAttempt);
      const failed = last.filter(({ failed: gaveUp }) => gaveUp).length;
      return {
        holds: failed <= atMost * last.length,
        measured: `${failed} of ${last.length}`,
        limit: atMost === 0 ? 'none' : `at most ${percent(atMost)}`,
        samples: { seen: last.length, needed: atMost === 0 ? 1 : Math.ceil(SAMPLES_AT_LIMIT / atMost) },
      };
    },
  };
}

/** As `failures`, with every attempt counted: no answer, and any 5xx. */
export function failedAttempts({ atMost, ...filter }: CallFilter & { readonly atMost: number }): Check {
  return {
    name: `attempts that failed${scope(filter)}`,
    judge: (seen) => {
      const calls = select(seen, filter);
      const failed = calls.filter(({ status }) => status === 0 || status >= 500).length;
      return {
        holds: failed <= atMost * calls.length,
        measured: `${failed} of ${calls.length}`,
        limit: atMost === 0 ? 'none' : `at most ${percent(atMost)}`,
        samples: { seen: calls.length, needed: atMost === 0 ? 1 : Math.ceil(SAMPLES_AT_LIMIT / atMost) },
      };
    },
  };
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
        samples: { seen: times.length, needed: Math.ceil(1 / (1 - quantile)) },
      };
    },
  };
}

/** The calls of a run that a filter lets through. */
export function select(seen: Observations, { routes, during }: CallFilter): readonly Call[] {
  const phases = during === undefined ? undefined : seen.phases.filter(({ name }) => during.includes(name));
  return seen.calls.filter(
    ({ route, atMs }) =>
      (routes === undefined || routes.includes(route)) &&
      (phases === undefined || phases.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)),
  );
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
