import type { Database, Tx } from '@stampede/db';
import { judge, pause } from './delivery';
import { notice } from './diagnostics';
import { Doorbell } from './doorbell';
import {
  dueInMs,
  joinGroup,
  readRecords,
  savePosition,
  takePartition,
  type Position,
  type StoredRecord,
} from './embedded.sql';
import { decode } from './envelope';
import type { SubscribeOptions, Subscription } from './port';

/** Partitions one subscription works on at a time; each holds a connection meanwhile. */
export const WORKERS = 3;
const BATCH_EVENTS = 50;
/** A batch ends after this even if events are left: what is done is committed, and others get their turn. */
const BATCH_MS = 1_000;
/** Look again this soon at events that somebody else holds: so soon are they taken over when he dies. */
const TAKE_OVER_POLL_MS = 250;
/** Look this often without a wake-up call. */
const IDLE_POLL_MS = 2_000;
/** So seldom, because a busy subscription is idle many times a second. */
const JOIN_AGAIN_MS = 1_000;
const FIRST_RECONNECT_MS = 100;
const LONGEST_RECONNECT_MS = 2_000;

interface Unusable {
  record: StoredRecord;
  error: unknown;
}

type Progress = Position & { retryInMs: number; unusable?: Unusable };

/** Stores a dead letter in the transaction that passes over the event. */
export type Bury = (tx: Tx, options: SubscribeOptions, partition: number, unusable: Unusable) => Promise<void>;

export class EmbeddedSubscription implements Subscription {
  private readonly doorbell = new Doorbell();
  private readonly stopping = new AbortController();
  private readonly workers: Promise<void>[] = [];
  private lookAgain: NodeJS.Timeout | undefined;
  private joinedAtMs = performance.now();

  /** Owns `database` from now on, and closes it when it stops. */
  constructor(
    private readonly database: Database,
    private readonly options: Required<SubscribeOptions>,
    private readonly bury: Bury,
  ) {}

  start(): void {
    for (let worker = 0; worker < WORKERS; worker += 1) this.workers.push(this.work());
  }

  /** Something may have been published. */
  wake(): void {
    this.doorbell.ring();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.lookAgain);
    this.doorbell.ringAll();
    await Promise.all(this.workers);
    await this.database.close();
  }

  private async work(): Promise<void> {
    let reconnectMs = FIRST_RECONNECT_MS;
    while (!this.stopping.signal.aborted) {
      try {
        if (!(await this.serveOnePartition())) await this.sleep();
        reconnectMs = FIRST_RECONNECT_MS;
      } catch (error) {
        notice({ kind: 'back-end-lost', topic: this.options.topic, group: this.options.group, error });
        await pause(reconnectMs, this.stopping.signal);
        reconnectMs = Math.min(reconnectMs * 2, LONGEST_RECONNECT_MS);
      }
    }
  }

  /** Where the database was made anew under this subscription, the group is gone with it. */
  private async joinAgain(): Promise<void> {
    this.joinedAtMs = performance.now();
    await joinGroup(this.database.kysely, this.options.topic, this.options.group);
  }

  private async sleep(): Promise<void> {
    const dueMs = await dueInMs(this.database.kysely, this.options.topic, this.options.group);
    if (dueMs === null && performance.now() - this.joinedAtMs > JOIN_AGAIN_MS) return this.joinAgain();
    if (this.stopping.signal.aborted) return;
    clearTimeout(this.lookAgain);
    this.lookAgain = setTimeout(() => this.wake(), dueMs === null ? IDLE_POLL_MS : dueMs || TAKE_OVER_POLL_MS);
    await this.doorbell.answer();
  }

  /**
   * The transaction is what holds the partition: it ends with the connection, also when this process dies, or falls
   * silent for longer than the database lets a transaction idle. Whatever it rolls back is delivered again.
   */
  private serveOnePartition(): Promise<boolean> {
    const { topic, group } = this.options;
    return this.database.transaction(async (tx) => {
      const position = await takePartition(tx, topic, group);
      if (!position) return false;
      this.doorbell.ring(); // Another partition may have events as well.
      const records = await readRecords(tx, topic, position, BATCH_EVENTS);
      const progress = await this.deliver(position, records);
      if (progress.unusable) await this.bury(tx, this.options, position.partition, progress.unusable);
      await savePosition(tx, topic, group, progress);
      return true;
    });
  }

  /** Delivers in order until an event fails or the batch is over, and answers where the group stands then. */
  private async deliver(from: Position, records: StoredRecord[]): Promise<Progress> {
    const endsAtMs = Date.now() + BATCH_MS;
    let position = from;
    for (const record of records) {
      if (this.stopping.signal.aborted || Date.now() >= endsAtMs) break;
      const next = { partition: from.partition, event_offset: record.event_offset + 1, failures: 0 };
      try {
        await this.options.onEvent(decode(record.payload), {
          partition: from.partition,
          attempt: position.failures + 1,
        });
        position = next;
      } catch (error) {
        const verdict = judge(error, position.failures, this.options);
        if (verdict.next === 'retry') return this.retry(position, verdict, error);
        // This ends the batch: a dead letter holds a row of its topic, and holding two could deadlock.
        return { ...next, retryInMs: 0, unusable: { record, error } };
      }
    }
    return { ...position, retryInMs: 0 };
  }

  private retry(position: Position, verdict: { failures: number; delayMs: number }, error: unknown): Progress {
    const { failures, delayMs } = verdict;
    const { topic, group } = this.options;
    const offset = String(position.event_offset);
    notice({ kind: 'retry', topic, group, partition: position.partition, offset, failures, delayMs, error });
    return { ...position, failures, retryInMs: delayMs };
  }
}
