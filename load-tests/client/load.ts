import type { Options, Scenario } from 'k6/options';
import { client, thresholds, totalMs } from './settings.ts';

/** Arrivals that do not wait for the shop: the open model, and the only one here. */
export interface Arrivals {
  /** The exported function that one arrival runs. */
  readonly exec: string;
  /** May have a fraction; 0: nobody arrives. */
  readonly perSecond: number;
  /** Default: the begin. */
  readonly fromMs?: number;
  /** Default: to the end of the run. */
  readonly forMs?: number;
  /** How long one visit may take before virtual users run short; default 10 s. */
  readonly visitMs?: number;
}

/** A rate that lasts. */
export interface Stage {
  readonly ratePerSecond: number;
  readonly durationMs: number;
}

/** Rates are whole numbers a minute, since k6 knows no fractions. */
const MINUTE = 60;
const VISIT_MS = 10_000;
/** Virtual users that are there from the start; k6 drops an arrival for each that it must add. */
const LEAST_USERS = 10;
const MOST_USERS = 2_000;
/** After the run's end; longer than the `LAST_LOOK_MS` of buyers. */
const LEAVE_MS = 12_000;

/** k6's options for these arrivals, with the thresholds of the claim. */
export function openModel(...groups: readonly Arrivals[]): Options {
  const scenarios: Record<string, Scenario> = {};
  for (const { exec, perSecond, fromMs = 0, forMs = totalMs - fromMs, visitMs } of groups) {
    if (perSecond <= 0) continue;
    scenarios[exec] = {
      executor: 'constant-arrival-rate',
      exec,
      rate: Math.max(1, Math.round(perSecond * MINUTE)),
      timeUnit: `${MINUTE}s`,
      startTime: `${fromMs}ms`,
      duration: `${forMs}ms`,
      gracefulStop: stop(fromMs + forMs),
      ...users(perSecond, visitMs),
    };
  }
  return { scenarios, ...usual() };
}

/** As `openModel`, at a rate that jumps from stage to stage. @throws Error for no stages */
export function stagedModel(exec: string, stages: readonly Stage[], visitMs?: number): Options {
  const [first] = stages;
  if (first === undefined) throw new Error('stages: there must be one');
  const fastest = Math.max(...stages.map(({ ratePerSecond }) => ratePerSecond));
  const scenario: Scenario = {
    executor: 'ramping-arrival-rate',
    exec,
    startRate: Math.round(first.ratePerSecond * MINUTE),
    timeUnit: `${MINUTE}s`,
    stages: stages.flatMap(({ ratePerSecond, durationMs }) => {
      const target = Math.round(ratePerSecond * MINUTE);
      return [
        { target, duration: '0s' }, // a jump, where k6 would climb
        { target, duration: `${durationMs}ms` },
      ];
    }),
    gracefulStop: stop(stages.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    ...users(fastest, visitMs),
  };
  return { scenarios: { [exec]: scenario }, ...usual() };
}

/** Who has come stays until the run's end, and a while after it to see how it ends. */
function stop(lastArrivalMs: number): string {
  return `${Math.max(0, totalMs - lastArrivalMs) + LEAVE_MS}ms`;
}

function users(perSecond: number, visitMs = VISIT_MS) {
  const needed = Math.ceil(LEAST_USERS + (perSecond * visitMs) / 1_000);
  return { preAllocatedVUs: Math.min(MOST_USERS, needed), maxVUs: MOST_USERS };
}

function usual(): Options {
  return {
    thresholds: { ...thresholds },
    summaryTrendStats: ['count', 'avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)'],
    systemTags: ['status', 'method', 'name', 'scenario', 'expected_response', 'error_code'],
    noConnectionReuse: areNew(client.connections),
  };
}

function areNew(connections: string): boolean {
  if (connections === 'new' || connections === 'kept') return connections === 'new';
  throw new Error(`connections are kept or new, not "${connections}"`);
}
