import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BUYERS_TOPIC, ORDERS_TOPIC, PARTITIONS } from '@stampede/contracts';
import { ensureDatabase, migrate, openDatabase, startEmbeddedPostgres, type EmbeddedPostgres } from '@stampede/db';
import { clusterTemplate } from '@stampede/db/testing';
import {
  holdTable,
  killPostgres,
  poisonMessages,
  repeatedMessages,
  serverVersion,
  statementErrors,
  swappedMessages,
  takeConnections,
} from './index';
import { withDatabase } from './database-client';
import { FakeShop, fakeLab, type FakeLab } from '../test/fake-lab';

let home: string;
let server: EmbeddedPostgres;
let start: () => Promise<EmbeddedPostgres>;
let lab: FakeLab;
const databases = ['orders', 'bus'];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'faults-'));
  await chmod(home, 0o711);
  const template = await clusterTemplate(home);
  const port = await freePort();
  start = () => startEmbeddedPostgres({ dataDir: join(home, 'postgres'), port, durable: false, template });
  server = await start();
  await Promise.all(databases.map((name) => ensureDatabase(server.url, name)));
  await query('orders', 'create table saga (n int)');
  const bus = openDatabase({ url: `${server.url}/bus`, applicationName: 'test' });
  await migrate(bus, [join(__dirname, '../../../mechanism/bus/migrations')]);
  await bus.close();
});
afterAll(async () => {
  await server.stop();
  await rm(home, { recursive: true, force: true });
});
beforeEach(() => {
  const shop = new FakeShop('orders');
  lab = fakeLab(
    Object.assign(shop, { postgres: { url: server.url, kill: () => process.kill(server.pid, 'SIGKILL') } }),
  );
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function query<Row extends object>(database: string, text: string, values: unknown[] = []): Promise<Row[]> {
  return withDatabase(server.url, database, async (client) => (await client.query<Row>(text, values)).rows);
}

/** How a statement ends: `done`, or PostgreSQL's code. */
function outcomeOf(text: string): Promise<string> {
  return query('orders', text).then(
    () => 'done',
    (error: { code?: string }) => error.code ?? 'lost',
  );
}

test('the server tells its version', async () => {
  expect(await serverVersion(server.url)).toMatch(/^\d+\.\d+/);
});

test('a killed server that comes back is seen to have started anew', async () => {
  const fault = await killPostgres().start(lab);
  await fault.ended;
  await server.exited;
  server = await start();
  await fault.undo();
  expect(await fault.seen()).toEqual({ metric: 'starts of PostgreSQL', value: 1, least: 1 });
});

test('a forgotten transaction makes statements wait, and lets go', async () => {
  const fault = await holdTable({ database: 'orders', table: 'saga' }).start(lab);
  expect(await outcomeOf("set lock_timeout = '50ms'; insert into saga values (1)")).toBe('55P03');
  const waiting = outcomeOf('insert into saga values (1)');
  while ((await fault.seen()).value === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await fault.undo();
  expect(await waiting).toBe('done');
  expect(await outcomeOf('insert into saga values (1)')).toBe('done');
  expect(await fault.seen()).toMatchObject({ value: 1, least: 1 });
});

test.each([
  ['deadlock', '40P01'],
  ['serialization failure', '40001'],
] as const)('every fourth change of a table is a %s, counted though it is rolled back', async (error, code) => {
  const fault = await statementErrors({ database: 'orders', table: 'saga', ratio: 0.25, error }).start(lab);
  const outcomes: string[] = [];
  for (let change = 0; change < 16; change += 1) outcomes.push(await outcomeOf('insert into saga values (1)'));
  await fault.undo();
  await fault.undo();
  const raised = outcomes.filter((outcome) => outcome === code).length;
  expect(raised).toBeGreaterThanOrEqual(3);
  expect(raised).toBeLessThanOrEqual(5);
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(16 - raised);
  expect(await fault.seen()).toEqual({ metric: `${error}s raised`, value: raised, least: 3 });
  expect(await outcomeOf('update saga set n = 2')).toBe('done');
});

test('no connection is left, not even for those who had one', async () => {
  const theirs = openDatabase({ url: `${server.url}/orders`, applicationName: 'orders', poolSize: 1 });
  await theirs.ping();
  const fault = await takeConnections({ from: 'orders' }).start(lab);
  expect(await outcomeOf('select 1')).toBe('53300');
  await expect(theirs.ping()).rejects.toMatchObject({});
  await fault.undo();
  await theirs.ping();
  await theirs.close();
  const { value } = await fault.seen();
  expect(value).toBeGreaterThan(100);
});

describe('on the bus', () => {
  const at = (offset: number, subject: string, sequence: number) =>
    query('bus', 'insert into event (topic, partition, event_offset, payload) values ($1, 3, $2, $3)', [
      ORDERS_TOPIC,
      offset,
      JSON.stringify({ subject, sequence }),
    ]);
  /** Where the tests' events are. */
  const orderInThird = (): string => {
    for (;;) {
      const order = randomUUID();
      if (crc32(order) % PARTITIONS === 3) return order;
    }
  };
  const payloads = async (partition: number) =>
    (
      await query<{ payload: string }>(
        'bus',
        'select payload from event where topic = $1 and partition = $2 order by event_offset',
        [ORDERS_TOPIC, partition],
      )
    ).map(({ payload }) => JSON.parse(payload) as { subject: string; sequence: number });

  beforeEach(async () => {
    for (const name of ['stampede_inbox_events_total', 'stampede_bus_retries_total']) lab.shop.figures.set(name, 0);
    delete (lab.shop as { kafka?: unknown }).kafka;
    await query('bus', 'truncate topic_partition, event, group_position');
    for (const topic of [ORDERS_TOPIC, BUYERS_TOPIC])
      await query(
        'bus',
        'insert into topic_partition select $1, p, 0, case p when 3 then 4 else 0 end from generate_series(0, 11) p',
        [topic],
      );
    await query(
      'bus',
      `insert into group_position (topic, group_name, partition, committed_offset)
       select $1, 'mail', p, case p when 3 then 1 else 0 end from generate_series(0, 11) p`,
      [ORDERS_TOPIC],
    );
  });

  test('the newest events come once more, backwards, behind those of their order', async () => {
    const [one, other] = [orderInThird(), orderInThird()];
    await at(0, one, 1);
    await at(1, one, 2);
    await at(2, other, 1);
    await at(3, one, 3);
    const fault = await repeatedMessages({ everyMs: 3_600_000, count: 2 }).start(lab);
    lab.shop.figures.set('stampede_inbox_events_total', 2);
    await fault.undo();
    const told = (await payloads(3)).map(({ subject, sequence }) => `${subject === one ? 'one' : 'other'} ${sequence}`);
    expect(told).toEqual(['one 1', 'one 2', 'other 1', 'one 3', 'one 3', 'other 1']);
    const [row] = await query<{ next: number }>(
      'bus',
      'select next_offset::integer as next from topic_partition where topic = $1 and partition = 3',
      [ORDERS_TOPIC],
    );
    expect(row?.next).toBe(6);
    expect(await fault.seen()).toMatchObject({ value: 2, least: 1 });
  });

  test('poison is an event whose contents are missing, the same in every run', async () => {
    const fault = await poisonMessages({ everyMs: 3_600_000, count: 2 }).start(lab);
    await fault.undo();
    expect(await fault.seen()).toMatchObject({ value: 0, least: 2 });
    const all = Array.from({ length: PARTITIONS }, (_, partition) => payloads(partition));
    const poison = (await Promise.all(all)).flat();
    expect(poison).toHaveLength(2);
    expect(poison[0]).toMatchObject({
      type: 'stampede.order.confirmed',
      sequence: 1,
      data: { poison: expect.any(Number) },
    });
    expect(poison[0]?.subject).not.toBe(poison[1]?.subject);
  });

  test('a run that starts the same fault again counts its poison from one', async () => {
    const fault = poisonMessages({ everyMs: 3_600_000, count: 2 });
    for (let run = 0; run < 2; run += 1) await (await fault.start(lab)).undo();
    const all = Array.from({ length: PARTITIONS }, (_, partition) => payloads(partition));
    const numbers = (await Promise.all(all))
      .flat()
      .map((event) => (event as { data?: { poison: number } }).data?.poison);
    expect(numbers.toSorted()).toEqual([1, 1, 2, 2]);
  });

  test('two events of an order that nobody has got yet change places', async () => {
    const order = orderInThird();
    for (let offset = 0; offset < 4; offset += 1) await at(offset, order, offset + 1);
    lab = { ...lab, random: () => 3.5 / 12 };
    const fault = await swappedMessages({ everyMs: 3_600_000 }).start(lab);
    await fault.undo();
    expect((await payloads(3)).map(({ sequence }) => sequence)).toEqual([1, 3, 2, 4]); // the first had been delivered
  });
});
