/** What the cluster shows of a release at one moment. */
export interface Sight {
  /** Flagger's word: Initialized, Progressing, Promoting, Succeeded, Failed... */
  readonly phase: string;
  /** Share of a hundred that the route sends to the new version; with A/B of those who ask for it. */
  readonly weight: number;
  readonly iterations: number;
  readonly failedChecks: number;
  /** The new version has a replica that serves. */
  readonly ready: boolean;
  /** Unix ms from when it has had none; undefined while it has one, or is not wanted. */
  readonly unreadySinceMs: number | undefined;
}

/** Quotes that a pod in the mesh asks for. */
export interface QuoteLoad {
  readonly targets: readonly LoadTarget[];
  /** Asked as well once `rehearse` is called. */
  readonly rehearsed?: LoadTarget;
  readonly requestsPerSecond: number;
}

export interface LoadTarget {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Two switches that Flagger looks at: whether the next step may be taken, and whether all is to be taken back. */
export type Gate = 'gate' | 'rollback';

/** A value of a query at a moment, Unix ms. */
export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** All that a release does to the cluster and asks of it. */
export interface ReleaseCluster {
  /** The version that answers now. */
  version(): Promise<string>;
  /** Flagger knows pricing by this policy, and nothing goes on. @throws Refusal while another release does */
  prepare(manifest: string, signal: AbortSignal): Promise<void>;
  /** Makes the version the one that is wanted: Flagger begins with it. */
  want(version: string, lab: boolean): Promise<void>;
  look(): Promise<Sight>;
  set(gate: Gate, open: boolean): Promise<void>;
  /** Starts the load; undefined ends it. */
  load(load: QuoteLoad | undefined): Promise<void>;
  /** The load goes to the new version as well. */
  rehearse(): Promise<void>;
  /** The first value; null where there is none, or no number. `atMs` is a moment of the past. */
  query(promql: string, atMs?: number): Promise<number | null>;
  /** One value a second. */
  series(promql: string, fromMs: number, toMs: number): Promise<readonly Point[]>;
}
