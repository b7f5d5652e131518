import { RISE_EVENTS, type Scaling } from '@stampede/faults/cluster';
import type { Call, Check, Observations } from '../check';
import { percent, samplesFor } from '../checks/requests';

/** What buyers are promised of these routes. */
export interface Slo {
  readonly routes: readonly string[];
  /** Later than that is late. */
  readonly lateMs: number;
  /** Share (0..1) that may be late, or fail by the shop's own fault. */
  readonly atMost: number;
}

/** Of all requests of the rises that were scaled that way. */
export function sloHeld(slo: Slo, scaledBy: Scaling): Check {
  return {
    name: `requests on ${slo.routes.join(', ')} late or failed, scaled by ${scaledBy}`,
    judge: (seen) => {
      const calls = risesOf(seen, scaledBy).flatMap((rise) => callsOf(seen, slo, rise));
      const bad = calls.filter((call) => isBad(call, slo)).length;
      return {
        holds: bad <= slo.atMost * calls.length,
        measured: `${bad} of ${calls.length}`,
        limit: `at most ${percent(slo.atMost)} later than ${slo.lateMs} ms or failed`,
        samples: { seen: calls.length, needed: samplesFor(slo.atMost) },
        beyond: { times: bad / (slo.atMost * calls.length) },
      };
    },
  };
}

export interface AgainstOptions {
  readonly scaledBy: Scaling;
  readonly against: Scaling;
  readonly atMostTimes: number;
  /** Rises of each, one after the other. */
  readonly pairs: number;
}

/**
 * Seconds over the SLO, added up over the rises, of one way to scale against another. A second is over it when, with
 * those beside it, it spends the budget of errors ten times as fast as it may, and not by one request alone.
 */
export function timeOverSlo(slo: Slo, { scaledBy, against, atMostTimes, pairs }: AgainstOptions): Check {
  return {
    name: `time over the SLO, scaled by ${scaledBy} against ${against}`,
    judge: (seen) => {
      const overS = (by: Scaling) => risesOf(seen, by).map((rise) => secondsOver(callsOf(seen, slo, rise), rise, slo));
      const [own, other] = [overS(scaledBy), overS(against)];
      const [ownS, otherS] = [sum(own), sum(other)];
      const times = ownS / otherS;
      return {
        holds: times <= atMostTimes,
        measured: `${times.toFixed(2)} times: ${own.join(', ')} s against ${other.join(', ')} s`,
        limit: `at most ${atMostTimes} times`,
        samples: { seen: Math.min(own.length, other.length), needed: pairs },
        beyond: { times: times / atMostTimes },
        ...(otherS < LEAST_OVER_S ? { unknown: true as const } : {}), // nothing to be better than
      };
    },
  };
}

export interface CapacityOptions {
  readonly scaledBy: Scaling;
  /** A watched number of replicas. */
  readonly of: string;
  readonly atLeast: number;
  /** 0: they must be there already. */
  readonly withinMs: number;
}

/** From the moment that the crowd is twice as large as before until so many replicas serve it, in every rise. */
export function secondsToCapacity({ scaledBy, of, atLeast, withinMs }: CapacityOptions): Check {
  return {
    name: `time to ${atLeast} ${of}, scaled by ${scaledBy}`,
    judge: (seen) => {
      const replicas = lastKnown(seen.series[of] ?? []);
      const tookS = risesOf(seen, scaledBy).map(({ doubledAtMs, toMs }) => {
        const from = Math.floor(doubledAtMs / SECOND_MS);
        const enough = replicas.slice(from, Math.ceil(toMs / SECOND_MS)).findIndex((count) => count >= atLeast);
        return enough === -1 ? Infinity : enough;
      });
      const longestS = Math.max(...tookS);
      return {
        holds: tookS.length > 0 && longestS * SECOND_MS <= withinMs,
        measured: tookS.map((seconds) => (seconds === Infinity ? 'never' : `${seconds} s`)).join(', '),
        limit: withinMs === 0 ? 'there before the crowd' : `within ${withinMs / SECOND_MS} s`,
        samples: { seen: tookS.length, needed: 1 },
        beyond: { times: withinMs === 0 ? Infinity : (longestS * SECOND_MS) / withinMs },
        ...(replicas.some((count) => count > 0) ? {} : { unknown: true as const }),
      };
    },
  };
}

export interface ScaleInOptions {
  /** After rises that were scaled that way. */
  readonly scaledBy: readonly Scaling[];
  /** What begins within this time after it counts. */
  readonly withinMs: number;
  /** So many replicas were taken away each time. */
  readonly atLeast: number;
}

/** While replicas are taken away, all but one at once, no attempt fails: no answer is none, and any 5xx is one. */
export function scaleInLosesNothing({ scaledBy, withinMs, atLeast }: ScaleInOptions): Check {
  return {
    name: 'attempts that failed while replicas were taken away',
    judge: ({ events = [], calls }) => {
      const times = events
        .filter(({ kind }) => kind === RISE_EVENTS.scaleIn)
        .map(({ atMs, detail }) => ({ atMs, ...(detail as unknown as ScaleIn) }))
        .filter((one) => scaledBy.includes(one.scaledBy));
      const meanwhile = calls.filter((call) => times.some(({ atMs }) => isIn(call, atMs, atMs + withinMs)));
      const failed = meanwhile.filter(hasFailed).length;
      const away = times.map(({ replicas }) => replicas);
      return {
        holds: failed === 0 && times.length > 0 && Math.min(...away) >= atLeast,
        measured: `${failed} of ${meanwhile.length}, with ${away.join(', ')} taken away`,
        limit: `none, with at least ${atLeast} taken away`,
        samples: { seen: meanwhile.length, needed: SAMPLES_FOR_NONE },
        beyond: { count: failed },
      };
    },
  };
}

const SECOND_MS = 1_000;
const SAMPLES_FOR_NONE = 100;
/** Below it in all rises, nothing can be said to be better by so many times. */
const LEAST_OVER_S = 10;
/** A second is judged with two before and two after it: few come in one alone. */
const BESIDE_MS = 2_000;
const FAST_BURN = 10;
const LEAST_BAD = 2;
/** A rise that was cut short by no more than that was a whole one. */
const NEARLY_MS = 2_000;

interface Rise {
  readonly fromMs: number;
  readonly toMs: number;
  readonly doubledAtMs: number;
}

interface ScaleIn {
  readonly scaledBy: Scaling;
  readonly replicas: number;
}

/** Those that came to their end. */
function risesOf({ events = [], phases }: Observations, by: Scaling): Rise[] {
  const endMs = phases.find(({ name }) => name === 'fault')?.toMs ?? 0;
  return events
    .filter(({ kind }) => kind === RISE_EVENTS.rise)
    .map(({ atMs, detail }) => ({ atMs, ...(detail as unknown as RiseTold) }))
    .filter(({ atMs, lastsMs, scaledBy }) => scaledBy === by && atMs + lastsMs <= endMs + NEARLY_MS)
    .map(({ atMs, lastsMs, doubledAfterMs }) => ({
      fromMs: atMs,
      toMs: Math.min(endMs, atMs + lastsMs),
      doubledAtMs: atMs + doubledAfterMs,
    }));
}

interface RiseTold {
  readonly scaledBy: Scaling;
  readonly lastsMs: number;
  readonly doubledAfterMs: number;
}

/** A second in which it could not be read is as the one before. */
function lastKnown(values: readonly (number | null)[]): readonly number[] {
  let last = 0;
  return values.map((value) => (last = value ?? last));
}

function callsOf({ calls }: Observations, { routes }: Slo, { fromMs, toMs }: Rise): readonly Call[] {
  return calls.filter((call) => routes.includes(call.route) && isIn(call, fromMs, toMs));
}

function secondsOver(calls: readonly Call[], { fromMs, toMs }: Rise, slo: Slo): number {
  let over = 0;
  for (let atMs = fromMs; atMs < toMs; atMs += SECOND_MS) {
    const near = calls.filter((call) => isIn(call, atMs - BESIDE_MS, atMs + SECOND_MS + BESIDE_MS));
    const bad = near.filter((call) => isBad(call, slo)).length;
    if (bad >= LEAST_BAD && bad > FAST_BURN * slo.atMost * near.length) over += 1;
  }
  return over;
}

function isBad(call: Call, { lateMs }: Slo): boolean {
  return hasFailed(call) || call.ms > lateMs;
}

function hasFailed({ status }: Call): boolean {
  return status === 0 || status >= 500;
}

function isIn({ atMs }: Call, fromMs: number, toMs: number): boolean {
  return atMs >= fromMs && atMs < toMs;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
