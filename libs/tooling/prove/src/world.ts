import type { AuditReport, Order, StatementEntry } from '@stampede/contracts';
import type { LabShop } from '@stampede/faults';
import type { Call, K6Summary, SeenByBuyer } from './check';
import type { Part, ShopUnderTest } from './claim';

/** Everything outside the prover, so that its own tests can stand in for a shop, a load and a clock. */
export interface World {
  /** Epoch ms. */
  now(): number;
  /** @throws the signal's reason when it aborts */
  delay(ms: number, signal: AbortSignal): Promise<void>;
  /** @throws Unavailable */
  openShop(options: OpenShopOptions): Promise<ShopInLab>;
  startLoad(options: LoadOptions): RunningLoad;
}

export interface OpenShopOptions extends ShopUnderTest {
  readonly needs: readonly Part[];
  /** A mitigation's id, in a control. */
  readonly off?: string;
  /** For the logs of its processes. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** A shop of one run's own, as the prover sees it. Close it. */
export interface ShopInLab extends LabShop {
  readonly tokens: { readonly operator: string; readonly organiser: string };
  audit(): Promise<AuditReport | undefined>;
  /** undefined: the shop does not know it (404). @throws Error for every other answer, and for none: ask again */
  orderOf(orderId: string): Promise<Order | undefined>;
  statement(): Promise<readonly StatementEntry[]>;
  /** Tickets by match, as billing has metered them; undefined: it does not answer. */
  metered?(): Promise<ReadonlyMap<string, number> | undefined>;
  versions(): Promise<Readonly<Record<string, string>>>;
  /** Where it keeps its logs, for the person who looks into a failure. */
  readonly folder: string;
  close(): Promise<void>;
}

export interface LoadOptions {
  readonly scenario: string;
  /** All that the scenario reads, as JSON in its environment. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly url: string;
  /** Where history and summary are written. */
  readonly folder: string;
  /** The core that it may use. */
  readonly core?: number;
  readonly signal: AbortSignal;
}

export interface RunningLoad {
  /** Epoch ms of the first moment of the load. */
  readonly began: Promise<number>;
  readonly finished: Promise<LoadResult>;
}

export interface LoadResult {
  readonly calls: readonly Call[];
  readonly seen: readonly SeenByBuyer[];
  readonly summary: K6Summary;
  readonly droppedRatio: number;
  readonly k6: { readonly version: string };
}

/** A part that a claim needs is not to be had here. */
export class Unavailable extends Error {}
