import { context, trace } from '@opentelemetry/api';
import type { Bus } from '@stampede/bus';
import type { Database, Tx } from '@stampede/db';
import { Alarm } from './alarm';
import { BUCKETS, type NewEvent, appendEvents } from './append-event';
import { tell } from './events';
import {
  type Connection,
  type Owed,
  backlog,
  deletePublished,
  markPublished,
  owedRows,
  releaseShards,
  shardsOwing,
  takeOwed,
  tryLockShard,
  unlockShard,
} from './outbox.sql';

export interface RelayOptions {
  /** CloudEvents `source` of what `append` writes. */
  readonly source: string;
  /**
   * How many relays can work at the same time, 1..64, default 8. Relays may disagree on it: then only duplicates are
   * possible.
   */
  readonly shards?: number;
  /** Events in one call of the bus, default 200. */
  readonly batchSize?: number;
  /** How long an event waits whose kick was lost with its process, default 500. */
  readonly pollMs?: number;
  /**
   * How long the relay rests after each look, deaf to kicks, so that events gather and cost less each; asked each time.
   * Default 0.
   */
  readonly restMs?: () => number;
  /** How long a published row is kept, default 7 days. */
  readonly keepMs?: number;
  /**
   * Default false. True, in a lab: rows count as published from the start, and after the commit their events go to
   * the bus once, whatever comes of that.
   */
  readonly direct?: boolean;
}

const DAY_MS = 86_400_000;
const NO_REST = (): number => 0;
/** Rows of the backlog's front that are looked at to find shards with work: bounds the look, whatever the backlog. */
const FRONT_DEPTH = 500;
/**
 * Another relay has the shard, and may have read it just before our row became visible: it will be done within this
 * time.
 */
const CONTENDED_RETRY_MS = 25;
const RETRY_FIRST_MS = 100;
const RETRY_LONGEST_MS = 5_000;
const PURGE_EVERY_MS = 60_000;
/** Small, so that a purge never holds locks or the connection for long. */
const PURGE_ROWS = 1_000;

/**
 * Publishes what was appended: every committed row at least once, per subject in the order of its sequence, with any
 * number of relays on one database. A relay publishes under its shard's lock, but order does not hang on it: whoever
 * publishes an event has seen its predecessor published or publishes it before, so even a relay that lost its lock
 * only repeats.
 */
export class OutboxRelay {
  private readonly options: Required<RelayOptions>;
  private readonly alarm = new Alarm();
  private running: Promise<void> | null = null;
  private stopping = false;
  private failures = 0;
  private nextPurgeAt = 0;

  /** @throws RangeError unless there are 1..64 shards. Database and bus stay the caller's to close, after `stop`. */
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    options: RelayOptions,
  ) {
    this.options = {
      shards: 8,
      batchSize: 200,
      pollMs: 500,
      restMs: NO_REST,
      keepMs: 7 * DAY_MS,
      direct: false,
      ...options,
    };
    if (!Number.isInteger(this.options.shards) || this.options.shards < 1 || this.options.shards > BUCKETS) {
      throw new RangeError(`a relay has 1 to ${BUCKETS} shards`);
    }
  }

  /** `appendEvent` with this relay's source; the relay is kicked once `tx` has committed. */
  async append(tx: Tx, event: Omit<NewEvent, 'source'>): Promise<{ id: string; sequence: number }> {
    const [appended] = await this.appendAll(tx, [event]);
    return appended as { id: string; sequence: number };
  }

  /** `appendEvents` with this relay's source; the relay is kicked once `tx` has committed. */
  async appendAll(tx: Tx, events: readonly Omit<NewEvent, 'source'>[]): Promise<{ id: string; sequence: number }[]> {
    const appended = await appendEvents(
      tx,
      events.map((event) => ({ ...event, source: this.options.source })),
    );
    const owed = this.options.direct ? await takeOwed(tx, appended) : [];
    this.database.onCommit(tx, () => (this.options.direct ? this.publishOnce(owed) : this.kick()));
    return appended;
  }

  private publishOnce(owed: readonly Owed[]): void {
    for (const [topic, rows] of Map.groupBy(owed, (row) => row.topic)) {
      const published = this.bus.publish(
        topic,
        rows.map(({ event }) => event),
      );
      published.catch((error: unknown) => tell({ kind: 'publish-failed', error, retryInMs: Infinity }));
    }
  }

  /** Begins to publish. Does nothing if it has begun. */
  start(): void {
    this.stopping = false;
    // The first purge comes at a random moment: replicas start together.
    this.nextPurgeAt = performance.now() + PURGE_EVERY_MS * (1 + Math.random());
    // Not in the trace of whoever starts or kicks the relay: each event carries its own.
    this.running ??= context.with(trace.deleteSpan(context.active()), () => this.loop());
  }

  /** There is something to publish: look now. Cheap and safe at any time. */
  kick(): void {
    this.alarm.ring();
  }

  /** Finishes the batch in hand. What is left stays owed. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.alarm.ring();
    await this.running;
    this.running = null;
  }

  /** What the bus does not have yet, and the age of the oldest. */
  stats(): Promise<{ unpublished: number; oldestAgeMs: number }> {
    return backlog(this.database.kysely);
  }

  /**
   * Deletes up to 1,000 rows that were published longer ago than `keepMs`, and says how many. A started relay does so
   * by itself.
   */
  async purge(connection: Connection = this.database.kysely): Promise<number> {
    const count = await deletePublished(connection, this.options.keepMs, PURGE_ROWS);
    tell({ kind: 'purged', table: 'outbox', count });
    return count;
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      const waitMs = await this.work();
      const deafMs = this.failures > 0 ? waitMs : this.options.restMs();
      if (deafMs > 0) {
        await this.backOff(deafMs);
      } else {
        await this.alarm.wait(waitMs);
      }
    }
  }

  /** One pass over the shards; returns how long to wait for the next, in ms. */
  private async work(): Promise<number> {
    try {
      const waitMs = await this.database.kysely.connection().execute((connection) => this.publishOwed(connection));
      this.failures = 0;
      return waitMs;
    } catch (error) {
      const ceilingMs = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** this.failures++);
      const retryInMs = ceilingMs * (0.5 + Math.random() / 2);
      tell({ kind: 'publish-failed', error, retryInMs });
      return retryInMs;
    }
  }

  /** Kicks are noted but do not shorten the wait: a bus that is down is not hammered by every commit. */
  private async backOff(waitMs: number): Promise<void> {
    const until = performance.now() + waitMs; // a clock that is set back must not make it deaf for longer
    while (!this.stopping && performance.now() < until) {
      await this.alarm.wait(until - performance.now());
    }
  }

  private async publishOwed(connection: Connection): Promise<number> {
    const front = await shardsOwing(connection, this.options.shards, FRONT_DEPTH);
    let contended = false;
    try {
      for (const shard of startAnywhere(front.shards)) {
        if (this.stopping) {
          return 0;
        }
        contended = !(await this.publishShard(connection, shard)) || contended;
      }
    } catch (error) {
      await releaseShards(connection).catch(() => undefined); // a broken connection has released them already
      throw error;
    }
    await this.purgeWhenDue(connection);
    if (contended) {
      return CONTENDED_RETRY_MS;
    }
    return front.rows < FRONT_DEPTH ? this.options.pollMs : 0;
  }

  /** Publishes all that the shard owes. False if another relay is at it. */
  private async publishShard(connection: Connection, shard: number): Promise<boolean> {
    if (!(await tryLockShard(connection, shard))) {
      tell({ kind: 'contended', shard });
      return false;
    }
    let rows: Owed[];
    do {
      rows = await owedRows(connection, shard, this.options.shards, this.options.batchSize);
      for (const [topic, owed] of Map.groupBy(rows, (row) => row.topic)) {
        await this.bus.publish(
          topic,
          owed.map((row) => row.event),
        );
        tell({ kind: 'published', topic, count: owed.length, oldestAgeMs: Math.max(...owed.map((row) => row.ageMs)) });
      }
      await markPublished(connection, rows);
    } while (rows.length === this.options.batchSize && !this.stopping);
    await unlockShard(connection, shard);
    return true;
  }

  private async purgeWhenDue(connection: Connection): Promise<void> {
    if (performance.now() >= this.nextPurgeAt) {
      const count = await this.purge(connection);
      this.nextPurgeAt = count === PURGE_ROWS ? 0 : performance.now() + PURGE_EVERY_MS;
    }
  }
}

/** Relays begin with different shards, so that two of them share the work instead of meeting at each lock. */
function startAnywhere(shards: readonly number[]): number[] {
  const first = Math.floor(Math.random() * shards.length);
  return [...shards.slice(first), ...shards.slice(0, first)];
}
