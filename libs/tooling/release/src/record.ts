/** How the requests of a release are divided; each is a document of istio/release-policy.yaml. */
export type Strategy = 'canary' | 'ab' | 'blue-green';

/** What is to be released. */
export interface ReleaseWish {
  /** A row of PRICING_VERSIONS. */
  readonly version: string;
  readonly strategy: Strategy;
  /** Quotes asked by a pod of its own, so that a quiet shop has a sample; 0 sends none. */
  readonly requestsPerSecond: number;
  /** A step that has not got its sample by then is given up, and all requests go back. */
  readonly patienceMs: number;
}

/**
 * `promoted`: every request is answered by the new version. `rolled-back`: it broke the policy. `inconclusive`: too
 * few requests to say anything, and it was taken back. `interrupted`: taken back because someone asked for it.
 */
export type ReleaseVerdict = 'promoted' | 'rolled-back' | 'inconclusive' | 'interrupted';

/** What was measured of one version in some stretch of time. */
export interface Measured {
  /** null: not measured. */
  readonly requests: number | null;
  /** Answers 5xx among them (0..1); null without a request. */
  readonly errorRatio: number | null;
  readonly p99Ms: number | null;
  readonly residentBytes: number | null;
  /** Quotes that did not add up; null where nothing has compared any, which is not the same as none. */
  readonly wrongTotals: number | null;
}

/** The two versions side by side; nothing of the canary before it has requests. */
export interface Compared {
  readonly fromMs: number;
  readonly toMs: number;
  readonly primary: Measured;
  readonly canary: Measured;
}

/** Something that happened, ms since the release began. */
export interface ReleaseEvent {
  readonly atMs: number;
  readonly what: string;
}

/** The first moment in which the policy was broken, whether anybody had noticed by then or not. */
export interface Breach {
  readonly atMs: number;
  /** A metric of the policy, or `ready` for a version that does not come up in time. */
  readonly metric: string;
  readonly value: number;
  readonly limit: number;
}

/** What was known at one second of a release. */
export interface ReleaseSample {
  /** Since the release began. */
  readonly atMs: number;
  /** Counters, as they stood. */
  readonly canaryRequests: number;
  readonly primaryRequests: number;
  /** The policy's metrics, by their names. */
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** One release from its first to its last moment, as it is kept and reported. */
export interface ReleaseRecord {
  readonly service: 'pricing';
  readonly wish: ReleaseWish;
  /** The version that answered before. */
  readonly before: string;
  readonly verdict: ReleaseVerdict;
  readonly why: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly tookMs: number;
  readonly events: readonly ReleaseEvent[];
  readonly breach?: Breach;
  /** From the breach to the moment in which no request goes to the new version any more; with a breach only. */
  readonly rollbackMs?: number;
  /**
   * Requests of the shop that the new version answered, of all from the release's begin to its end: what the load of
   * the release asked for is not among them.
   */
  readonly exposure: { readonly canary: number; readonly all: number; readonly ratio: number };
  readonly limits: Readonly<Record<string, number>>;
  readonly samples: readonly ReleaseSample[];
  readonly metrics: { readonly before: Compared; readonly during: Compared; readonly after: Compared };
}
