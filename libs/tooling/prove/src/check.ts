import type { RunEvent } from './journal';
import type { AuditReport, Order, StatementEntry } from '@stampede/contracts';

/** Judges one thing that must hold, from what was observed and nothing else. */
export interface Check {
  readonly name: string;
  judge(seen: Observations): Judgement;
}

export interface Judgement {
  readonly holds: boolean;
  /** For people, with units: "0 of 812 orders", "p99 412 ms". */
  readonly measured: string;
  readonly limit: string;
  /** How many samples there were and had to be; fewer make the run INVALID. */
  readonly samples?: { readonly seen: number; readonly needed: number };
  /** What it judges could not be read: it neither holds nor is broken, and the run is INVALID. */
  readonly unknown?: true;
  /** How far a check that does not hold is from holding; without it that is not told. */
  readonly beyond?: Beyond;
}

/** A number of requests, orders or such too many or too few; or what was measured as a multiple of its limit. */
export type Beyond = { readonly count: number } | { readonly times: number };

/** Times are ms since the load began. */
export interface Observations {
  readonly phases: readonly Phase[];
  /** Every call of a buyer, by the buyers' own clock and count: one line per attempt. */
  readonly calls: readonly Call[];
  /** What buyers saw happen besides calls, in their own words: `order`, `hold`, `gave-up`. */
  readonly seen: readonly SeenByBuyer[];
  /** Orders that a buyer was told to be accepted, as the shop shows them to its operator at the end. */
  readonly orders: ReadonlyMap<string, Order | undefined>;
  /** Orders that the provider was paid for and no buyer was told of: an answer was lost, or there is one too many. */
  readonly untold: ReadonlyMap<string, Order | undefined>;
  /** Orders among both that could not be read, however often they were asked for: they may be lost or well. */
  readonly unread: readonly string[];
  readonly statement: readonly StatementEntry[];
  readonly audit: AuditReport | undefined;
  /** Tickets of each match that billing has metered by the end; undefined: it could not be asked. */
  readonly metered?: ReadonlyMap<string, number> | undefined;
  /** ms from the end of the fault until every process was ready and no saga older than that; undefined: not in time. */
  readonly recoveredMs: number | undefined;
  /** Named figures over time: totals of metrics, one sample a second; null: it could not be read then. */
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
  /** What the fault, and the run itself, wrote down. */
  readonly events?: readonly RunEvent[];
  /** k6's end-of-test summary, as it is. */
  readonly summary: K6Summary;
}

export interface Phase {
  readonly name: 'steady' | 'fault' | 'recovery';
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Call {
  /** When this attempt was sent. */
  readonly atMs: number;
  /** When the first attempt of its request was: to what the buyer began then, all its attempts belong. */
  readonly firstAtMs: number;
  readonly route: string;
  /** 0: no answer. */
  readonly status: number;
  readonly ms: number;
  /** 1 for the first attempt of a request. */
  readonly attempt: number;
  /** Whether the caller gave up with it: it is the last attempt and no answer of the domain. */
  readonly failed: boolean;
  readonly code?: string;
}

export interface SeenByBuyer {
  readonly atMs: number;
  readonly what: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface K6Summary {
  readonly metrics: Readonly<Record<string, K6Metric>>;
}

export interface K6Metric {
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}
