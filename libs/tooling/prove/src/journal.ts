import type { Seen } from '@stampede/faults';
import type { Judgement, K6Summary, Phase } from './check';
import type { Form, Tier } from './claim';

/** Only PASS is success; see README.md for what each means. */
export type Verdict = 'PASS' | 'FAIL' | 'INVALID' | 'NO-FAULT' | 'CONTROL-PASSED' | 'UNAVAILABLE';

/** All that is kept of one proof, as journal.json. */
export interface Journal {
  readonly id: string;
  readonly promise: string;
  readonly tier: Tier;
  readonly form: Form;
  readonly verdict: Verdict;
  /** One sentence: what decided it. */
  readonly why: string;
  /** What came of it when it was tried before in the same session: this journal is of the last try. */
  readonly before?: readonly Pick<Journal, 'verdict' | 'why'>[];
  readonly seed: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly tookMs: number;
  /** Of the claim, its scenario, and its mitigation: when it differs from today's, the verdict is stale. */
  readonly definition: string;
  readonly commit: string;
  readonly command: string;
  /** By name: node, k6, postgres, redis, kafka. */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Machine;
  /** Parts of the lab that stand in for public ones, where the claim leans on them. */
  readonly leansOn?: readonly string[];
  readonly runs: readonly RunRecord[];
  /** What was left out so that it can be kept, in words; see report/fit.ts. */
  readonly thinned?: readonly string[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
}

export type RunOutcome = 'holds' | 'broken' | 'invalid' | 'no-fault';

export interface RunRecord {
  readonly role: 'experiment' | 'control';
  /** The mitigation that was off. */
  readonly off?: string;
  readonly seed: number;
  readonly outcome: RunOutcome;
  readonly why: string;
  /** Of a control that is broken. */
  readonly bite?: Bite;
  readonly phases: readonly Phase[];
  readonly fault: { readonly name: string; readonly seen: Seen };
  readonly steadyState: readonly CheckResult[];
  readonly checks: readonly CheckResult[];
  readonly series: RunSeries;
  readonly events: readonly RunEvent[];
  readonly summary: K6Summary;
}

/** By how much a control failed. */
export interface Bite {
  /** "38", "4.2 times its limit"; left out where the check does not tell. */
  readonly by?: string;
  /** By so little that another run may hold: by fewer than three, or less than twice the limit. */
  readonly thin: boolean;
}

export interface CheckResult extends Judgement {
  readonly name: string;
}

/** Columns of `stepMs` each, from the start of the load; null where nothing was seen. */
export interface RunSeries {
  readonly stepMs: number;
  readonly latencyMs: Readonly<Record<'p50' | 'p95' | 'p99', readonly (number | null)[]>>;
  /** Calls a second by status; `0` is no answer. */
  readonly statuses: Readonly<Record<string, readonly number[]>>;
  /** Sampled metrics by name. */
  readonly metrics: Readonly<Record<string, readonly (number | null)[]>>;
}

export interface RunEvent {
  /** ms since the load began. */
  readonly atMs: number;
  readonly kind: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}
