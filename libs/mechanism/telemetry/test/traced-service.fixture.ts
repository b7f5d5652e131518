// pg, ioredis and undici come before telemetry on purpose: the order of imports must not matter.
import { createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { Pool, type QueryResult } from 'pg';
import { Agent, request } from 'undici';
import fastify, { type FastifyInstance } from 'fastify';
import {
  activeTraceparent,
  clientTracing,
  httpServerTracing,
  inSendSpans,
  runConsumer,
  startTelemetry,
  type TracedEvent,
} from '../src/index';

/**
 * Two services in one process: orders calls inventory, inventory asks the database, orders publishes what
 * notifications handles.
 */
async function main(): Promise<void> {
  const pool = new Pool({ connectionString: process.env['TEST_DATABASE_URL'], max: 2 });
  await query(pool, 'select 1'); // a connection from before tracing, and work of no trace
  const redis = new Redis({
    port: await redisThatAgrees(),
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
  });
  await redis.set('before', '1');
  const relay = setInterval(() => void query(pool, 'select 0'), 20); // work of no trace goes on beside
  const orders = startTelemetry({ service: 'orders', instance: '0' });
  const inventory = startTelemetry({ service: 'inventory' });

  const seats = fastify();
  httpServerTracing(seats, { service: 'inventory' });
  seats.put('/holds/:holdId', async () => {
    const { rows } = await query(pool, 'select $1::text as state', ['confirmed-secret-value']);
    return rows[0] as object;
  });
  const inventoryUrl = await listening(seats);

  const agent = new Agent().compose(clientTracing({ peer: 'inventory' }));
  const shop = fastify();
  httpServerTracing(shop, { service: 'orders' });
  shop.post('/orders', async () => {
    const reply = await request(`${inventoryUrl}/holds/1?x=1`, {
      dispatcher: agent,
      method: 'PUT',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
      operation: 'confirmHold',
    } as Parameters<typeof request>[1]);
    await reply.body.dump();
    const client = await pool.connect();
    await client.query('begin');
    const text = 'with kept as (select 3) insert into kept_orders select * from kept';
    await client.query('create temporary table kept_orders (id int) on commit drop');
    await client.query({ name: 's17', text });
    const traceparent = activeTraceparent();
    const appended: TracedEvent = { id: 'e-1', type: 'placed', subject: 'o-1', traceparent };
    await client.query('commit');
    client.release();
    await redis.set('address:203.0.113.7', '1');
    await nextMillisecond();
    await inSendSpans('orders', 'stampede.orders', [appended], async ([sent = appended]) => {
      await runConsumer({ service: 'notifications', topic: 'stampede.orders', group: 'notifications' }, sent, () =>
        query(pool, 'select 2'),
      );
    });
    return {};
  });
  shop.get('/loaded', () => ({ sdk: Object.keys(require.cache).some((file) => file.includes('sdk-node')) }));
  process.send?.({ url: await listening(shop) });
  process.once('disconnect', async () => {
    clearInterval(relay);
    redis.disconnect();
    await Promise.all([shop.close(), seats.close(), pool.end(), agent.close()]);
    await inventory.shutdown();
    await orders.shutdown();
    process.exit(); // as boot does: an exporter that tries again would hold the process
  });
}

/** Spans start at whole milliseconds: those of the same one have no order, and a tree of them none either. */
async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  while (Date.now() === now) await new Promise(setImmediate);
}

/** As kysely does it. `pool.query` would run in the context of whoever gave the connection back. */
async function query(pool: Pool, text: string, values: string[] = []): Promise<QueryResult> {
  const client = await pool.connect();
  try {
    return await client.query(text, values);
  } finally {
    client.release();
  }
}

/** Answers OK to every command. Tracing sees the client's side, and real servers have a suite of their own. */
async function redisThatAgrees(): Promise<number> {
  const server = createServer((socket) => {
    socket.on('data', (commands) => {
      for (const _command of commands.toString().matchAll(/^\*\d+\r$/gm)) socket.write('+OK\r\n');
    });
  }).unref();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function listening(server: FastifyInstance): Promise<string> {
  return server.listen({ port: 0, host: '127.0.0.1' });
}

void main();
