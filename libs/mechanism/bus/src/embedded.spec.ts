import { PARTITIONS } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { sql } from 'kysely';
import { CuttableProxy } from '../test/cuttable-proxy';
import { collect, eventOf, until } from '../test/collect';
import { behavesLikeABus } from './behaviour.suite';
import { busChannel, type BusNotice } from './diagnostics';
import { cleanUp, openEmbeddedBus } from './embedded';
import { appendRecords, createTopic, dueInMs, joinGroup } from './embedded.sql';
import { WORKERS } from './embedded.subscription';
import type { Bus } from './port';

behavesLikeABus('PostgreSQL', async () => {
  const { url, database, drop } = await testDatabase('bus');
  return {
    options: { embeddedUrl: url },
    async publishRaw(topic, _key, payload) {
      await createTopic(database.kysely, topic, PARTITIONS);
      const found = await sql<{
        partition: number;
      }>`select partition from event where topic = ${topic} limit 1`.execute(database.kysely);
      await appendRecords(database.kysely, topic, [{ partition: found.rows[0]?.partition ?? 0, payload }]);
    },
    close: drop,
  };
});

describe('on PostgreSQL', () => {
  let store: TestDatabase;
  let bus: Bus;
  let topic: string;
  const opened: Bus[] = [];

  const openBus = async (clientId: string, url = store.url): Promise<Bus> => {
    const another = await openEmbeddedBus({ url, clientId });
    opened.push(another);
    return another;
  };

  beforeAll(async () => {
    store = await testDatabase('bus');
  });
  beforeEach(async () => {
    bus = await openBus('bus-spec');
    topic = `spec.${uuidv7()}`;
  });
  afterEach(() => Promise.all(opened.splice(0).map((another) => another.close())));
  afterAll(() => store.drop());

  test('publishers that collide leave no gap and lose nothing', async () => {
    const other = await openBus('other');
    const subjects = Array.from({ length: 60 }, (_, index) => `order-${index}`);
    const publishes = Array.from({ length: 20 }, (_, call) => {
      // Each call takes the partitions in another order.
      const rotated = [...subjects.slice(call * 3), ...subjects.slice(0, call * 3)];
      return (call % 2 ? bus : other).publish(
        topic,
        rotated.map((subject) => eventOf(subject, 1)),
      );
    });
    await Promise.all(publishes);
    const { rows } = await sql<{ next: number; events: number; highest: number }>`
      select t.next_offset as next, count(*) as events, max(e.event_offset) as highest
      from topic_partition t join event e using (topic, partition) where topic = ${topic}
      group by t.partition, t.next_offset`.execute(store.database.kysely);
    expect(rows.reduce((total, { events }) => total + events, 0)).toBe(20 * 60);
    for (const { next, events, highest } of rows)
      expect({ next, highest }).toEqual({ next: events, highest: events - 1 });
  });

  test('a topic that went away under its publisher takes nothing silently, and is made again', async () => {
    await bus.publish(topic, [eventOf('order-1', 1)]);
    await sql`truncate topic_partition, group_position, event`.execute(store.database.kysely);
    const lost = [eventOf('order-1', 2), eventOf('order-2', 1)];
    await expect(bus.publish(topic, lost)).rejects.toThrow('0 of 2 events');
    await bus.publish(topic, lost);
    const received = await collect(bus, { topic, group: 'billing' });
    await received.until(2);
  });

  test('a subscription whose group went away joins again', async () => {
    const received = await collect(bus, { topic, group: 'billing' });
    await bus.publish(topic, [eventOf('order-1', 1)]);
    await received.until(1);
    await store.database.transaction(async (tx) => {
      // Tried again by `transaction` where the subscription's look at its partitions is in the way.
      await sql`truncate topic_partition, group_position, event`.execute(tx);
    });
    const after = [eventOf('order-1', 2)];
    await expect(bus.publish(topic, after)).rejects.toThrow('0 of 1 events');
    await bus.publish(topic, after);
    await received.until(2);
  });

  test('an event that waits is due at once, before anything was ever tried again', async () => {
    await bus.publish(topic, [eventOf('order-1', 1)]);
    expect(await dueInMs(store.database.kysely, topic, 'billing')).toBeNull();
    await joinGroup(store.database.kysely, topic, 'billing');
    expect(await dueInMs(store.database.kysely, topic, 'billing')).toBe(0);
  });

  test('a failure is told with its error, to each try and with the dead letter', async () => {
    const told: BusNotice[] = [];
    const hear = (what: unknown): void => {
      if ((what as BusNotice).topic === topic) told.push(what as BusNotice);
    };
    busChannel.subscribe(hear);
    const error = new Error('no such buyer');
    const onEvent = () => Promise.reject(error);
    await bus.subscribe({ topic, group: 'billing', maxAttempts: 2, retryDelayMs: () => 0, onEvent });
    await bus.publish(topic, [eventOf('order-1', 1)]);
    await until(async () => told.length === 2);
    busChannel.unsubscribe(hear);
    expect(told).toMatchObject([
      { kind: 'retry', offset: '0', error },
      { kind: 'dead-letter', offset: '0', error },
    ]);
  });

  test('a partition is in one hand at a time, and each event is delivered once, while nothing fails', async () => {
    const inHand = new Map<number, number>();
    const delivered: string[] = [];
    let most = 0;
    const options = {
      topic,
      group: 'billing',
      async onEvent({ id }: { id: string }, { partition }: { partition: number }) {
        inHand.set(partition, (inHand.get(partition) ?? 0) + 1);
        most = Math.max(most, inHand.get(partition) ?? 0);
        await new Promise(setImmediate);
        delivered.push(id);
        inHand.set(partition, (inHand.get(partition) ?? 0) - 1);
      },
    };
    await bus.subscribe(options);
    await (await openBus('other')).subscribe(options);
    const sent = Array.from({ length: 400 }, (_, index) => eventOf(`order-${index % 40}`, Math.floor(index / 40) + 1));
    for (let start = 0; start < sent.length; start += 20) await bus.publish(topic, sent.slice(start, start + 20));
    await until(async () => (await bus.lag(topic, 'billing')) === 0);
    expect(most).toBe(1);
    expect(delivered.toSorted()).toEqual(sent.map(({ id }) => id).toSorted());
  });

  test('the partition of a lost connection is taken over although its consumer still works', async () => {
    let start = (): void => undefined;
    const started = new Promise<void>((resolve) => (start = resolve));
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    let deliveries = 0;
    const onEvent = async (): Promise<void> => {
      deliveries += 1;
      if (deliveries > 1) return;
      start();
      await finished;
    };
    await bus.subscribe({ topic, group: 'billing', onEvent });
    await (await openBus('other')).subscribe({ topic, group: 'billing', onEvent });
    await bus.publish(topic, [eventOf('order-1', 1)]);
    await started;
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like '% billing'`.execute(store.database.kysely);
    await until(async () => (await bus.lag(topic, 'billing')) === 0);
    expect(deliveries).toBe(2);
    finish();
  });

  test('a subscription outlives a back end that goes away, again and again; publishing rejects meanwhile', async () => {
    const proxy = await CuttableProxy.before(store.url);
    const behind = await openBus('behind', proxy.url);
    let losses = 0;
    const count = (what: unknown): void => {
      const { kind, topic: lost } = what as BusNotice;
      if (kind === 'back-end-lost' && lost === topic) losses += 1;
    };
    busChannel.subscribe(count);
    let cutDuring = 1;
    const received = await collect(behind, {
      topic,
      group: 'billing',
      async onEvent({ sequence }) {
        if (sequence !== cutDuring) return;
        cutDuring += 1;
        await proxy.cut();
      },
    });
    // Each cut meets another of the subscription's workers.
    for (let sequence = 1; sequence <= WORKERS + 1; sequence += 1) {
      await bus.publish(topic, [eventOf('order-1', sequence)]);
      await until(async () => proxy.isCut);
      const before = losses;
      await until(async () => losses > before);
      await expect(behind.publish(topic, [eventOf('order-1', 99)])).rejects.toThrow();
      await proxy.restore();
      await until(async () => (await bus.lag(topic, 'billing')) === 0);
    }
    busChannel.unsubscribe(count);
    expect(new Set(received.events.map(({ sequence }) => sequence))).toEqual(new Set([1, 2, 3, 4]));
    await behind.close();
    await proxy.cut();
  });

  test('old events go once every group has them; a later group starts at what is left', async () => {
    const slow = await bus.subscribe({ topic, group: 'slow', onEvent: () => Promise.resolve() });
    await slow.stop();
    const first = [eventOf('order-1', 1), eventOf('order-1', 2)];
    await bus.publish(topic, first);
    const fast = await collect(bus, { topic, group: 'fast' });
    await until(async () => (await bus.lag(topic, 'fast')) === 0);
    const stored = async (): Promise<number> => {
      const { rows } = await sql<{
        events: number;
      }>`select count(*) as events from event where topic = ${topic}`.execute(store.database.kysely);
      return rows[0]?.events ?? 0;
    };
    await cleanUp(store.database.kysely, 0);
    expect(await stored()).toBe(2);
    await collect(bus, { topic, group: 'slow' });
    await until(async () => (await bus.lag(topic, 'slow')) === 0);
    await cleanUp(store.database.kysely);
    expect(await stored()).toBe(2);
    await cleanUp(store.database.kysely, 0);
    expect(await stored()).toBe(0);
    expect(await bus.lag(topic, 'late')).toBe(0);
    const late = await collect(bus, { topic, group: 'late' });
    await bus.publish(topic, [eventOf('order-1', 3)]);
    await late.until(1);
    await fast.until(3);
    expect(late.events.map(({ sequence }) => sequence)).toEqual([3]);
  });

  test('a stop in the middle of a batch leaves what it did committed', async () => {
    const handled: number[] = [];
    let stopping: Promise<void> | undefined;
    const subscription = await bus.subscribe({
      topic,
      group: 'billing',
      async onEvent(event) {
        handled.push(event.sequence);
        if (event.sequence === 5) stopping = subscription.stop();
      },
    });
    await bus.publish(
      topic,
      Array.from({ length: 40 }, (_, index) => eventOf('order-1', index + 1)),
    );
    await until(async () => stopping !== undefined);
    await stopping;
    expect(handled).toEqual([1, 2, 3, 4, 5]);
    expect(await bus.lag(topic, 'billing')).toBe(35);
  });
});
