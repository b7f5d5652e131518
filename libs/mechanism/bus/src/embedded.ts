import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { PARTITIONS, type CloudEvent } from '@stampede/contracts';
import { ensureDatabase, migrate, openDatabase, type Database } from '@stampede/db';
import { withDefaults } from './delivery';
import { notice } from './diagnostics';
import {
  appendRecords,
  countUncommitted,
  createTopic,
  deleteConsumed,
  joinGroup,
  listPartitions,
  readLatest,
  wakeUpChannel,
  type Connection,
} from './embedded.sql';
import { EmbeddedSubscription, WORKERS, type Bury } from './embedded.subscription';
import { deadLetterEvent, deadLetterTopic, encode, readable } from './envelope';
import type { Bus, SubscribeOptions, Subscription } from './port';

const migrations = join(__dirname, '..', 'migrations');

/**
 * Publishers, lag and retention; every subscription has connections of its own, so that a busy one cannot starve a
 * publisher.
 */
const POOL_SIZE = 4;
const STATEMENT_TIMEOUT_MS = 10_000;
const KEEP_CONSUMED_MS = 24 * 60 * 60 * 1_000;
const CLEAN_UP_EVERY_MS = 10 * 60 * 1_000;
/** Small, because publishers to the partition wait while a batch is deleted. */
const CLEAN_UP_BATCH = 500;

/** The bus on PostgreSQL, in the database that `url` names. The database and its tables are made if missing. */
export async function openEmbeddedBus(options: { url: string; clientId: string }): Promise<Bus> {
  const { pathname } = new URL(options.url);
  const url = await ensureDatabase(serverOf(options.url), decodeURIComponent(pathname.slice(1)));
  const database = openDatabase({
    url,
    applicationName: `${options.clientId} bus`,
    poolSize: POOL_SIZE,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  await migrate(database, [migrations]);
  return new EmbeddedBus(database, { ...options, url });
}

function serverOf(url: string): string {
  const server = new URL(url);
  server.pathname = '/postgres';
  return server.href;
}

/** Deletes events older than `keepMs` that every group has committed. */
export async function cleanUp(connection: Connection, keepMs: number = KEEP_CONSUMED_MS): Promise<void> {
  for (const partition of await listPartitions(connection)) {
    let deleted = CLEAN_UP_BATCH;
    while (deleted === CLEAN_UP_BATCH) deleted = await deleteConsumed(connection, partition, keepMs, CLEAN_UP_BATCH);
  }
}

class EmbeddedBus implements Bus {
  private readonly topics = new Set<string>();
  private readonly subscriptions = new Map<EmbeddedSubscription, string>();
  private readonly cleaning: NodeJS.Timeout;
  private listening: Promise<() => Promise<void>> | undefined;

  constructor(
    private readonly database: Database,
    private readonly options: { url: string; clientId: string },
  ) {
    // A failed clean-up is made up for by the next.
    this.cleaning = setInterval(() => void cleanUp(database.kysely).catch(() => undefined), CLEAN_UP_EVERY_MS).unref();
  }

  async publish(topic: string, events: readonly CloudEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.ensureTopic(this.database.kysely, topic);
    const appended = await appendRecords(this.database.kysely, topic, events.map(recordOf));
    if (appended === events.length) return;
    this.topics.delete(topic); // the database was made anew under this process: the next call makes the topic again
    throw new Error(`the bus took ${appended} of ${events.length} events for ${topic}`);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const complete = withDefaults(options);
    this.listening ??= this.database.listen(wakeUpChannel, (topic) => this.wake(topic));
    await this.listening;
    await this.ensureTopic(this.database.kysely, options.topic);
    await joinGroup(this.database.kysely, options.topic, options.group);
    const own = openDatabase({
      url: this.options.url,
      applicationName: `${this.options.clientId} ${options.group}`,
      poolSize: WORKERS,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    });
    const subscription = new EmbeddedSubscription(own, complete, this.bury);
    this.subscriptions.set(subscription, options.topic);
    subscription.start();
    return {
      stop: async () => {
        if (this.subscriptions.delete(subscription)) await subscription.stop();
      },
    };
  }

  lag(topic: string, group: string): Promise<number> {
    return countUncommitted(this.database.kysely, topic, group);
  }

  async latest(topic: string, most: number): Promise<CloudEvent[]> {
    const payloads = await readLatest(this.database.kysely, topic, most);
    return payloads.map(readable).filter((event) => event !== null);
  }

  async close(): Promise<void> {
    clearInterval(this.cleaning);
    const open = [...this.subscriptions.keys()];
    this.subscriptions.clear();
    await Promise.all(open.map((subscription) => subscription.stop()));
    if (this.listening) await (await this.listening)();
    await this.database.close();
  }

  /** An empty topic is the listener's word for "I was away, anything may have happened". */
  private wake(topic: string): void {
    for (const [subscription, subscribed] of this.subscriptions) {
      if (topic === '' || topic === subscribed) subscription.wake();
    }
  }

  private async ensureTopic(connection: Connection, topic: string): Promise<void> {
    if (this.topics.has(topic)) return;
    await createTopic(connection, topic, PARTITIONS);
    this.topics.add(topic);
  }

  private readonly bury: Bury = async (tx, { topic, group }, partition, { record, error }) => {
    const offset = String(record.event_offset);
    const letter = deadLetterEvent({ original: record.payload, group, topic, partition, offset }, error);
    await createTopic(tx, deadLetterTopic(topic), PARTITIONS);
    await appendRecords(tx, deadLetterTopic(topic), [recordOf(letter)]);
    notice({ kind: 'dead-letter', topic, group, partition, offset, error });
  };
}

function recordOf(event: CloudEvent): { partition: number; payload: string } {
  return { partition: crc32(event.subject) % PARTITIONS, payload: encode(event) };
}
