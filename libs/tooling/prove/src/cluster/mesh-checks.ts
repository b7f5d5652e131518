import type { Check, Observations } from '../check';
import { percent, select } from '../checks/requests';

export interface AfterOptions {
  /** From the moment that a line of this kind in the journal tells of; what begins before does not count. */
  readonly since: string;
  readonly afterMs: number;
  readonly routes: readonly string[];
  readonly atMost: number;
}

/** As `failures`, of what buyers began that long after the fault acted, and before its end. */
export function failuresLateInFault({ since, afterMs, routes, atMost }: AfterOptions): Check {
  return {
    name: `requests that failed on ${routes.join(', ')}, from ${afterMs / 1_000} s into the fault`,
    judge: (seen) => {
      const fromMs = actedAt(seen, since) + afterMs;
      const last = select(seen, { routes, during: ['fault'] }).filter(({ atMs }) => atMs >= fromMs);
      const failed = last.filter((call) => call.failed).length;
      return {
        holds: failed <= atMost * last.length,
        measured: `${failed} of ${last.length}`,
        limit: `at most ${percent(atMost)}`,
        samples: { seen: last.length, needed: Math.ceil(3 / atMost) },
      };
    },
  };
}

export interface WatchedShareOptions {
  /** Names of two watched counters. */
  readonly part: string;
  readonly of: string;
  readonly since: string;
  readonly afterMs: number;
  readonly atMost: number;
  readonly samples: number;
}

/** Of what one watched counter grew by from then to the end of the fault, the share that another grew by. */
export function watchedShare({ part, of, since, afterMs, atMost, samples }: WatchedShareOptions): Check {
  return {
    name: `${part}, of ${of}, from ${afterMs / 1_000} s into the fault`,
    judge: (seen) => {
      const { toMs } = faultOf(seen);
      const fromMs = actedAt(seen, since) + afterMs + SETTLES_MS;
      const all = growth(seen, of, fromMs, toMs);
      const some = growth(seen, part, fromMs, toMs);
      return {
        holds: some <= atMost * all,
        measured: `${Math.round(some)} of ${Math.round(all)}`,
        limit: `at most ${percent(atMost)}`,
        samples: { seen: Math.round(all), needed: samples },
        ...unreadIf(Number.isNaN(some / all)),
      };
    },
  };
}

/** A watched counter grew by that much from the begin of the fault to a little after its end. */
export function grows({ what, atLeast }: { readonly what: string; readonly atLeast: number }): Check {
  return {
    name: what,
    judge: (seen) => {
      const { fromMs, toMs } = faultOf(seen);
      const grown = growth(seen, what, fromMs, toMs + SETTLES_MS);
      return {
        holds: grown >= atLeast,
        measured: `${Math.round(grown)}`,
        limit: `at least ${atLeast}`,
        ...unreadIf(Number.isNaN(grown)),
      };
    },
  };
}

export interface AmplificationOptions {
  /** Names of two watched counters: what callers were asked for, and what they sent on for it. */
  readonly asked: string;
  readonly sent: string;
  readonly atMost: number;
}

/** Calls for each request during the fault, against the time before: retries of every layer multiply them. */
export function amplification({ asked, sent, atMost }: AmplificationOptions): Check {
  return {
    name: `${sent} for each of ${asked}, against the steady state`,
    judge: (seen) => {
      const steady = seen.phases.find(({ name }) => name === 'steady') ?? { fromMs: 0, toMs: 0 };
      const fault = faultOf(seen);
      const ratio = ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
        growth(seen, sent, fromMs + SETTLES_MS, toMs) / growth(seen, asked, fromMs + SETTLES_MS, toMs);
      const [before, during] = [ratio(steady), ratio(fault)];
      const times = during / before;
      return {
        holds: times <= atMost,
        measured: `${times.toFixed(2)} times (${before.toFixed(2)}, then ${during.toFixed(2)})`,
        limit: `at most ${atMost} times`,
        samples: { seen: Math.round(growth(seen, sent, fault.fromMs, fault.toMs)), needed: LEAST_CALLS },
        ...unreadIf(Number.isNaN(times)),
      };
    },
  };
}

/** Pods are read every five seconds: what is known at a moment is up to so much older. */
const SETTLES_MS = 6_000;
const LEAST_CALLS = 100;
const COLUMN_MS = 1_000;

/** Infinity: it did not. */
function actedAt({ events = [] }: Observations, kind: string): number {
  return events.find((event) => event.kind === kind)?.atMs ?? Infinity;
}

function unreadIf(isUnread: boolean): { readonly unknown?: true } {
  return isUnread ? { unknown: true } : {};
}

function faultOf({ phases }: Observations): { readonly fromMs: number; readonly toMs: number } {
  return phases.find(({ name }) => name === 'fault') ?? { fromMs: 0, toMs: 0 };
}

/** Of a watched counter between two moments; NaN where it was not read twice. */
function growth({ series }: Observations, name: string, fromMs: number, toMs: number): number {
  const values = (series[name] ?? []).slice(Math.floor(fromMs / COLUMN_MS), Math.ceil(toMs / COLUMN_MS) + 1);
  const known = values.filter((value) => value !== null && !Number.isNaN(value)) as number[];
  return known.length < 2 ? Number.NaN : (known.at(-1) ?? 0) - (known[0] ?? 0);
}
