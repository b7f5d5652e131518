import type { Database } from '@stampede/db';
import type { Backoff } from './backoff';
import type { SagaDefinition } from './definition';
import { LeaseLost } from './leases';
import type { SagaRunnerOptions } from './options';
import type { SagaStore } from './saga.store';

/** The runner is dead (a crash point threw): nothing may be tidied up on the way out. */
export class Abandoned extends Error {}

/** What a runner lends to the drives of its sagas. */
export interface Workshop<State> {
  readonly database: Database;
  readonly definition: SagaDefinition<State>;
  readonly store: SagaStore<State>;
  readonly options: SagaRunnerOptions<State>;
  readonly leaseMs: number;
  readonly stepTimeoutMs: number;
  readonly backoff: Backoff;
  stopping(): boolean;
  /** A crash point. @throws Abandoned once the runner is dead */
  point(name: string): Promise<void>;
  /** Somebody should look for due sagas in `delayMs`. */
  wakeIn(delayMs: number): void;
}

/** Rethrows what no step, retry or compensation may answer. */
export function throwIfOver(error: unknown): void {
  if (error instanceof Abandoned || error instanceof LeaseLost) {
    throw error;
  }
}
