import type { Database, Tx } from '@stampede/db';
import { Alarm } from './alarm';
import type { SagaDefinition } from './definition';
import { SagaDrive } from './drive';
import { tell } from './events';
import { LeaseLost, Leases } from './leases';
import type { SagaRunnerOptions } from './options';
import { type ClaimedRow, SagaStore } from './saga.store';
import { activeTraceparent, detached } from './trace';
import { Abandoned, type Workshop } from './workshop';

const DEFAULTS = {
  leaseMs: 3_000,
  pollMs: 500,
  concurrency: 32,
  stepTimeoutMs: 15_000,
  backoff: { firstMs: 100, longestMs: 5_000 },
};
type Settled = Omit<typeof DEFAULTS, 'concurrency'> & { readonly concurrency: number | (() => number) };

/**
 * Drives the sagas of one definition to their end, with any number of runners on one database. Each started saga ends
 * `completed`, all its steps done, or `compensated`, all that may have been done undone; a runner lost at any point
 * is replaced by another within a lease.
 *
 * Before the pivot a step that is rejected turns the saga back, and so does the deadline, but never while a step may
 * have happened and can be asked (`onUnknown`): that is settled first, however long it takes. After the pivot it only
 * goes forward. Anything else that goes wrong is tried again with backoff.
 */
export class SagaRunner<State extends object> {
  private readonly store: SagaStore<State>;
  private readonly leases: Leases;
  private readonly workshop: Workshop<State>;
  private readonly options: SagaRunnerOptions<State> & Settled;
  private readonly alarm = new Alarm();
  private readonly driving = new Set<Promise<void>>();
  private readonly naps = new Set<NodeJS.Timeout>();
  private running: Promise<void> | null = null;
  private stopping = false;
  private dead = false;
  private moreDue = false;

  /** The database stays the caller's to close, after `stop`. */
  constructor(
    private readonly database: Database,
    private readonly definition: SagaDefinition<State>,
    options: SagaRunnerOptions<State>,
  ) {
    this.options = { ...DEFAULTS, ...options };
    const names = definition.steps.map((step) => step.name);
    this.store = new SagaStore(definition.name, names, this.options);
    this.leases = new Leases(this.options.leaseMs, (leases) =>
      this.store.renew(database.kysely, leases, this.options.leaseMs),
    );
    const { leaseMs, stepTimeoutMs, backoff } = this.options;
    this.workshop = {
      database,
      definition,
      store: this.store,
      options: this.options,
      leaseMs,
      stepTimeoutMs,
      backoff,
      stopping: () => this.stopping,
      point: (name) => this.point(name),
      wakeIn: (delayMs) => this.wakeIn(delayMs),
    };
  }

  /**
   * Stores the saga in the caller's transaction: it will run if and only if `tx` commits, then at once. `id` is used
   * once per definition.
   */
  async start(tx: Tx, id: string, state: State): Promise<void> {
    await this.startAll(tx, [{ id, state, traceparent: activeTraceparent() }]);
  }

  /** As `start`, for many in one statement; each runs in the trace it names. */
  async startAll(
    tx: Tx,
    sagas: readonly { readonly id: string; readonly state: State; readonly traceparent: string | null }[],
  ): Promise<void> {
    await this.store.insertAll(tx, sagas, this.options.deadlineMs);
    this.database.onCommit(tx, () => {
      for (const _ of sagas) tell({ saga: this.definition.name, kind: 'started' });
      this.kick();
    });
  }

  /** There may be something due: look now. Cheap and safe at any time. */
  kick(): void {
    this.alarm.ring();
  }

  /** Begins to drive sagas, this replica's and others'. Does nothing if it has begun. */
  run(): void {
    this.stopping = false;
    this.running ??= detached(() => this.loop());
  }

  /**
   * Lets each step under way finish, then lets go of its saga, so that another runner takes it up without waiting for
   * a lease.
   */
  async stop(): Promise<void> {
    this.stopping = true;
    this.alarm.ring();
    await this.running;
    await Promise.all(this.driving);
    this.naps.forEach(clearTimeout);
    this.running = null;
  }

  /** Drives whatever is due until nothing is. For tests and tools; a service calls `run`. */
  async drain(): Promise<void> {
    while ((await detached(() => this.claim())) > 0) {
      await Promise.all(this.driving);
    }
  }

  /** Unfinished sagas of all runners, and the age of the oldest, 0 if there is none. */
  stats(): Promise<{ open: number; oldestAgeMs: number }> {
    return this.store.stats(this.database.kysely);
  }

  private async loop(): Promise<void> {
    while (!this.stopping && !this.dead) {
      await this.claim().catch((error: unknown) => tell({ saga: this.definition.name, kind: 'store-failed', error }));
      await this.alarm.wait(this.options.pollMs);
    }
  }

  /** Takes as many due sagas as there is room for, and says how many. */
  private async claim(): Promise<number> {
    const { concurrency } = this.options;
    const room = (typeof concurrency === 'number' ? concurrency : concurrency()) - this.driving.size;
    this.moreDue = room <= 0;
    if (room <= 0 || this.dead) {
      return 0;
    }
    const { workerId, leaseMs } = this.options;
    const askedAtMs = performance.now();
    const rows = await this.store.claim(this.database.kysely, room, workerId, leaseMs);
    this.moreDue ||= rows.length === room;
    for (const row of rows) {
      const drive = this.drive(row, askedAtMs).finally(() => {
        this.driving.delete(drive);
        if (this.moreDue) {
          this.alarm.ring();
        }
      });
      this.driving.add(drive);
    }
    return rows.length;
  }

  /** Never rejects: a saga that cannot be driven on is left to its lease, and so to another look. */
  private async drive(row: ClaimedRow<State>, askedAtMs: number): Promise<void> {
    const saga = this.definition.name;
    const lease = this.leases.hold(row, askedAtMs);
    try {
      if (row.orphaned) {
        tell({ saga, kind: 'taken-over' });
      }
      await this.point(`${row.step}:claim:stored`);
      await new SagaDrive(this.workshop, lease).drive(row);
    } catch (error) {
      if (error instanceof LeaseLost) {
        tell({ saga, kind: 'lease-lost' });
      } else if (!(error instanceof Abandoned)) {
        tell({ saga, kind: 'store-failed', error });
      }
    } finally {
      this.leases.release(lease);
    }
  }

  private async point(name: string): Promise<void> {
    if (this.dead) {
      throw new Abandoned(name);
    }
    try {
      await this.options.crashPoint?.(name);
    } catch (error) {
      this.dead = true;
      this.leases.abandon();
      this.alarm.ring();
      throw new Abandoned(name, { cause: error });
    }
  }

  private wakeIn(delayMs: number): void {
    const nap = setTimeout(() => {
      this.naps.delete(nap);
      this.alarm.ring();
    }, delayMs).unref();
    this.naps.add(nap);
  }
}
