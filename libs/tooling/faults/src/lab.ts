import type { LabCluster } from './cluster/lab-cluster';
import type { FaultProxy } from './fault-proxy';

/** What a fault may reach of the shop under test. */
export interface Lab {
  /** Uniform in [0, 1); the same seed gives the same fault. */
  readonly random: () => number;
  /** Aborted when the run is interrupted: a fault that repeats ends, and waits for nothing. */
  readonly signal: AbortSignal;
  readonly shop: LabShop;
  /** A line of the run's journal, with the time. */
  record(kind: string, detail?: Readonly<Record<string, unknown>>): void;
}

/** The shop under test: real processes, on ports and a state of their own. */
export interface LabShop {
  /** Where buyers call. */
  readonly url: string;
  /** Names of processes, replicas too; of one service, or of all. The provider is no part of the shop. */
  names(service?: string): readonly string[];
  pidOf(name: string): number | undefined;
  /** kill -9; the supervisor starts it again. */
  kill(name: string): Promise<void>;
  /** Ends in order, and starts again: resolves when the new process serves. */
  restart(name: string): Promise<void>;
  stop(name: string): Promise<void>;
  start(name: string): Promise<void>;
  /** Resolves when every process that should run is ready. @throws Error naming the others */
  ready(timeoutMs: number): Promise<void>;
  /** Adds up a metric over the processes that answer now: of one service, or of all; labels must match. */
  metric(name: string, where?: MetricWhere): Promise<number>;
  /** Proxies in front of a target that the claim has named as `proxied`, one per replica. @throws Error for others */
  proxies(target: ProxiedTarget): readonly FaultProxy[];
  readonly postgres: LabPostgres;
  /** There when the claim `needs` them. @throws Error otherwise */
  readonly redis: LabServer;
  readonly kafka: LabServer;
  /** Where the shop is on one; a shop of processes has none. */
  readonly cluster?: LabCluster;
}

export interface MetricWhere {
  readonly service?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A service's name, `payment-provider`, `postgres`, `redis`; `edge` is between buyers and gateway. */
export type ProxiedTarget = string;

export interface LabPostgres {
  /** The server; a database's name follows after a slash. */
  readonly url: string;
  /** kill -9 of the postmaster; it is started again. */
  kill(): void;
}

/** A server that this run has started beside the shop. */
export interface LabServer {
  /** `redis://...`, or `host:port` of a broker. */
  readonly address: string;
  /** Ends it, in order or at once. */
  stop(how: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same address and data; resolves when it answers. */
  start(): Promise<void>;
}

/** Breaks one thing, shows that it acted, and mends it. */
export interface Fault {
  /** For people: "kill -9 of one inventory process every 2 s". */
  readonly name: string;
  /** How long it lasts: it is undone when the form's fault time is over, or ends by itself before. */
  start(lab: Lab): Promise<ActiveFault>;
}

export interface ActiveFault {
  /** Resolves when the fault has ended by itself, such as the last of a series of restarts; default: never. */
  readonly ended?: Promise<void>;
  /** Mends what it broke, however far it came; may be called twice. */
  undo(): Promise<void>;
  /** Whether it acted, by a named figure; asked after `undo`, when the load has ended as well. */
  seen(load?: LoadSeen): Promise<Seen>;
}

/** What the load did, for a fault that is the load itself. Times are ms since it began. */
export interface LoadSeen {
  readonly calls: readonly { readonly atMs: number; readonly attempt: number }[];
  /** What its scenario told, such as the capacity that it measured. */
  readonly told: readonly { readonly what: string; readonly detail: Readonly<Record<string, unknown>> }[];
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Seen {
  /** What was counted: "processes killed", `provider_replies_dropped_total`. */
  readonly metric: string;
  readonly value: number;
  /** Below it the fault did not act. */
  readonly least: number;
}
