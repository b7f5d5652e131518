import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Database, migrate, openDatabase, uuidv7 } from '@stampede/db';
import { type TestDatabase, testDatabase } from '@stampede/db/testing';
import { sql } from 'kysely';
import { type OutboxMessage, OutboxRelay, type RelayOptions, appendEvent, outboxMigration } from '../src';
import { RecordingBus } from './recording-bus';

const HOUR_MS = 3_600_000;
const topic = 'stampede.orders';

let db: TestDatabase;
let database: Database;
let bus: RecordingBus;
const relays: OutboxRelay[] = [];

beforeAll(async () => {
  db = await testDatabase('outbox_relay');
  database = db.database;
  await migrate(database, [outboxMigration]);
});
beforeEach(async () => {
  bus = new RecordingBus();
  await sql`truncate outbox, outbox_subject`.execute(database.kysely);
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});
afterAll(() => db.drop());

/** A relay that acts on kicks alone, unless told to poll. */
function relayOf(options: Partial<RelayOptions> = {}, on = database): OutboxRelay {
  const relay = new OutboxRelay(on, bus, { source: 'orders', pollMs: HOUR_MS, ...options });
  relays.push(relay);
  return relay;
}

const event = (subject: string, data: unknown = {}) => ({ type: 'order.changed', source: 'orders', subject, data });
const append = (subject: string, data: unknown = {}) =>
  database.transaction((tx) => appendEvent(tx, event(subject, data)));

/** Resolves when the channel has told as many published events as asked for. */
function publishedEvents(count: number): Promise<void> {
  return heard((message) => (message.kind === 'published' ? message.count : 0), count);
}

function heard(weight: (message: OutboxMessage) => number, enough: number): Promise<void> {
  return new Promise((resolve) => {
    let sum = 0;
    const hear = (message: unknown): void => {
      sum += weight(message as OutboxMessage);
      if (sum >= enough) {
        unsubscribe('stampede:outbox', hear);
        resolve();
      }
    };
    subscribe('stampede:outbox', hear);
  });
}

async function owed(): Promise<number> {
  const { rows } = await sql<{
    owed: number;
  }>`select count(*)::int as owed from outbox where published_at is null`.execute(database.kysely);
  return rows[0]!.owed;
}

test('an event is published by the kick of its commit, as a CloudEvent', async () => {
  const relay = relayOf();
  relay.start();
  const subject = uuidv7();
  const published = publishedEvents(1);
  const { id } = await database.transaction((tx) =>
    relay.append(tx, { type: 'order.placed', subject, data: { total: 100 } }),
  );
  await published;
  await relay.stop();
  expect(bus.published).toEqual([
    {
      topic,
      event: {
        specversion: '1.0',
        id,
        type: 'order.placed',
        source: 'orders',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        subject,
        sequence: 1,
        dataversion: '1',
        data: { total: 100 },
      },
    },
  ]);
  expect(await relay.stats()).toEqual({ unpublished: 0, oldestAgeMs: 0 });
});

test('while the relay rests events gather, and go to the bus together', async () => {
  const relay = relayOf({ restMs: () => 300 });
  const batches: number[] = [];
  bus.before = async (events) => void batches.push(events.length);
  const subject = uuidv7();
  relay.start();
  const published = publishedEvents(5);
  for (let order = 0; order < 5; order++) {
    await database.transaction((tx) => relay.append(tx, event(subject, {}))); // the first look may find one of them
  }
  await published;
  expect([batches.length <= 2, bus.sequencesOf(subject)]).toEqual([true, [1, 2, 3, 4, 5]]);
});

test('an event whose transaction is rolled back is never published and leaves no gap in its sequence', async () => {
  const subject = uuidv7();
  await append(subject);
  const failing = database.transaction(async (tx) => {
    await appendEvent(tx, event(subject));
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await append(subject)).toMatchObject({ sequence: 2 });
});

test('an event that commits late is not skipped, although a later one was published before it', async () => {
  const [early, late] = [uuidv7(), uuidv7()];
  const relay = relayOf({ shards: 1 });
  const appended = Promise.withResolvers<void>();
  const commit = Promise.withResolvers<void>();
  const slow = database.transaction(async (tx) => {
    await relay.append(tx, { type: 'order.placed', subject: late, data: {} }); // takes the lower position
    appended.resolve();
    await commit.promise;
  });
  await appended.promise;
  relay.start();
  const first = publishedEvents(1);
  await database.transaction((tx) => relay.append(tx, { type: 'order.placed', subject: early, data: {} }));
  await first;
  expect(bus.published.map((each) => each.event.subject)).toEqual([early]);
  const second = publishedEvents(1);
  commit.resolve();
  await slow;
  await second;
  expect(bus.published.map((each) => each.event.subject)).toEqual([early, late]);
});

test('two transactions that append to one subject take turns: the order of commits is that of sequences', async () => {
  const subject = uuidv7();
  const appended = Promise.withResolvers<void>();
  const commit = Promise.withResolvers<void>();
  const first = database.transaction(async (tx) => {
    const { sequence } = await appendEvent(tx, event(subject));
    appended.resolve();
    await commit.promise;
    return sequence;
  });
  await appended.promise;
  const second = append(subject);
  await blocked();
  commit.resolve();
  expect([await first, (await second).sequence]).toEqual([1, 2]);
});

/** Resolves when some session of this database waits for a lock. */
async function blocked(): Promise<void> {
  for (;;) {
    const { rows } =
      await sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        database.kysely,
      );
    if (rows.length > 0) {
      return;
    }
  }
}

test('two relays and many writers: every event comes, per subject in order, none twice', async () => {
  const [first, second] = [relayOf({ batchSize: 7 }), relayOf({ batchSize: 7 })];
  first.start();
  second.start();
  const subjects = Array.from({ length: 20 }, () => uuidv7());
  const published = publishedEvents(200);
  const write = async (relay: OutboxRelay): Promise<void> => {
    for (const subject of [...subjects, ...subjects]) {
      await database.transaction((tx) => relay.append(tx, event(subject)));
    }
  };
  await Promise.all([first, second, first, second, first].map(write));
  await published;
  await Promise.all([first.stop(), second.stop()]);
  expect(await owed()).toBe(0);
  expect(bus.published).toHaveLength(200);
  for (const subject of subjects) {
    const sequences = bus.published
      .map((each) => each.event)
      .filter((each) => each.subject === subject)
      .map((each) => each.sequence);
    expect(sequences).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  }
});

test('while one relay publishes a shard, the other leaves it alone', async () => {
  const subject = uuidv7();
  await append(subject);
  const publishing = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let calls = 0;
  bus.before = async () => {
    if (calls++ === 0) {
      publishing.resolve();
      await goOn.promise;
    }
  };
  const [first, second] = [relayOf({ shards: 1 }), relayOf({ shards: 1 })];
  first.start();
  await publishing.promise;
  await append(subject);
  second.start();
  await heard((message) => (message.kind === 'contended' ? 1 : 0), 3); // tried again and again
  expect(calls).toBe(1);
  const rest = publishedEvents(2);
  goOn.resolve();
  await rest;
  expect(bus.published.map((each) => each.event.sequence)).toEqual([1, 2]);
});

test('a relay that loses its connection, and so its lock, amid a batch does not break the order', async () => {
  const subject = uuidv7();
  await append(subject);
  await append(subject);
  const doomed = openDatabase({ url: db.url, applicationName: 'doomed' });
  const publishing = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let calls = 0;
  bus.before = async () => {
    if (calls++ === 0) {
      publishing.resolve();
      await goOn.promise; // a slow publish by a relay that nobody knows to be alive
    }
  };
  const [first, second] = [relayOf({ shards: 1 }, doomed), relayOf({ shards: 1 })];
  first.start();
  await publishing.promise;
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doomed'`.execute(
    database.kysely,
  );
  await append(subject);
  second.start();
  await publishedEvents(3);
  goOn.resolve();
  await heard((message) => (message.kind === 'publish-failed' ? 1 : 0), 1);
  await first.stop();
  await doomed.close();
  expect(bus.published.map((each) => each.event.sequence)).toEqual([1, 2, 3, 1, 2]); // repeated, never overtaken
  expect(await owed()).toBe(0);
});

test('a bus that is down is tried again later, and nothing is lost or overtaken', async () => {
  const subject = uuidv7();
  let refusals = 2;
  bus.before = async () => {
    if (refusals-- > 0) {
      throw new Error('bus is down');
    }
  };
  const relay = relayOf();
  await append(subject);
  await append(subject);
  const failures = heard((message) => (message.kind === 'publish-failed' ? 1 : 0), 2);
  const published = publishedEvents(2);
  relay.start();
  await failures;
  await published;
  await relay.stop();
  expect(bus.sequencesOf(subject)).toEqual([1, 2]);
  expect(await owed()).toBe(0);
});

test('an event whose kick was lost with its process is found by the poll', async () => {
  const relay = relayOf({ pollMs: 20 });
  relay.start();
  const published = publishedEvents(1);
  await append(uuidv7());
  await published;
});

test('topics of one subject count apart, and each event goes to its own', async () => {
  const subject = uuidv7();
  await append(subject);
  await database.transaction((tx) => appendEvent(tx, { ...event(subject), topic: 'stampede.buyers' }));
  const relay = relayOf();
  const published = publishedEvents(2);
  relay.start();
  await published;
  expect(bus.published.map((each) => [each.topic, each.event.sequence]).toSorted()).toEqual([
    ['stampede.buyers', 1],
    [topic, 1],
  ]);
});

test('a relay needs a sensible number of shards', () => {
  expect(() => relayOf({ shards: 65 })).toThrow(RangeError);
});
