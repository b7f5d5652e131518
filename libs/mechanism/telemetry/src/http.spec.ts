import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import fastify, { type FastifyInstance } from 'fastify';
import { Agent, request } from 'undici';
import { clientTracing } from './http-client';
import { httpServerMetrics, httpServerTracing } from './http-server';
import { activeTraceId, activeTraceparent, runConsumer } from './messaging';
import { Metrics } from './metrics';
import { startPropagation } from './tracing';

const theirs = '0af7651916cd43dd8448eb211c80319c';

describe('a server', () => {
  let server: FastifyInstance;
  let url: string;
  const metrics = new Metrics('orders');

  beforeAll(async () => {
    server = fastify();
    httpServerTracing(server, { service: 'orders' });
    httpServerMetrics(server, metrics);
    server.post('/orders/:orderId', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return { traceId: activeTraceId() };
    });
    server.get('/slow', () => new Promise(() => undefined));
    url = await server.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(() => server.close());

  const post = (body: string, traceparent?: string) =>
    fetch(`${url}/orders/1`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...(traceparent === undefined ? {} : { traceparent }) },
    });

  test('continues a valid traceparent, through a parsed body, to the answer', async () => {
    const answer = await post('{}', `00-${theirs}-b7ad6b7169203331-01`);
    expect(answer.headers.get('x-trace-id')).toBe(theirs);
    expect(await answer.json()).toEqual({ traceId: theirs });
  });

  test.each(['', 'junk', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `00-${theirs}-b7ad6b7169203331-01-x`])(
    'begins a trace of its own under the malformed traceparent "%s"',
    async (traceparent) => {
      const answer = await post('{}', traceparent);
      const { traceId } = (await answer.json()) as { traceId: string };
      expect(answer.headers.get('x-trace-id')).toBe(traceId);
      expect(traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
      expect(traceId).not.toBe(theirs);
    },
  );

  test('answers every refusal with a trace id', async () => {
    for (const answer of [
      await fetch(`${url}/nowhere`),
      await post('{"a":'),
      await fetch(`${url}/orders/1`, { method: 'DELETE' }),
    ]) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  test('keeps two requests on one connection apart', async () => {
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    const ask = (trace: string) =>
      [
        'POST /orders/1 HTTP/1.1',
        'host: x',
        'content-type: application/json',
        `traceparent: 00-${trace}-b7ad6b7169203331-00`,
        'content-length: 2',
        '',
        '{}',
      ].join('\r\n');
    const other = theirs.replace('0af', '1af');
    socket.write(ask(theirs) + ask(other));
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    while ((received.match(/"traceId":"\w{32}"/g) ?? []).length < 2) await once(socket, 'data');
    socket.destroy();
    expect([...received.matchAll(/"traceId":"(\w+)"/g)].map((match) => match[1])).toEqual([theirs, other]);
  });

  test('finds its trace again when the body comes after the headers', async () => {
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    const asked = once(server.server, 'request');
    const head = ['POST /orders/1 HTTP/1.1', 'host: x', 'content-type: application/json', 'content-length: 2'];
    socket.write([...head, `traceparent: 00-${theirs}-b7ad6b7169203331-00`, '', ''].join('\r\n'));
    await asked;
    socket.write('{}');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toContain(`{"traceId":"${theirs}"}`);
  });

  test('counts by route, never by path, and sees clients that leave', async () => {
    await post('{}');
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    const asked = once(server.server, 'request');
    socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    const [, response] = (await asked) as [unknown, NodeJS.EventEmitter];
    const left = once(response, 'close');
    socket.destroy();
    await left;
    await new Promise((resolve) => setImmediate(resolve));
    const text = await metrics.render();
    expect(text).toMatch(/_count\{service="orders",route="\/orders\/:orderId",method="POST",status="200"\} \d/);
    expect(text).toMatch(/_count\{service="orders",route="unmatched",method="GET",status="404"\} 1/);
    expect(text).toMatch(/_count\{service="orders",route="\/slow",method="GET",status="499"\} 1/);
    expect(text).not.toContain('/orders/1');
  });
});

describe('a client', () => {
  let server: Server;
  let origin: string;
  let seen: IncomingHttpHeaders;
  const agent = new Agent().compose(clientTracing({ peer: 'inventory' }));
  const place = { traceId: theirs, spanId: 'b7ad6b7169203331', traceFlags: 0 };

  beforeAll(async () => {
    startPropagation();
    server = createServer((incoming, response) => {
      seen = incoming.headers;
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await agent.close();
    server.close();
  });

  test.each([
    ['an object', { 'x-budget-ms': '100' }],
    ['a list', ['x-budget-ms', '100']],
    ['a map', new Map([['x-budget-ms', '100']])],
  ])('passes its trace on beside headers given as %s', async (_case, headers) => {
    await context.with(trace.setSpanContext(ROOT_CONTEXT, place), async () => {
      const { body } = await request(origin, { dispatcher: agent, headers });
      await body.dump();
    });
    expect(seen).toMatchObject({ traceparent: `00-${theirs}-b7ad6b7169203331-00`, 'x-budget-ms': '100' });
  });

  test('adds nothing outside of a trace', async () => {
    const { body } = await request(origin, { dispatcher: agent });
    await body.dump();
    expect(seen['traceparent']).toBeUndefined();
  });
});

describe('an event', () => {
  const consumer = { service: 'billing', topic: 'stampede.orders', group: 'billing' };

  test('takes the active trace along, and its handling continues it', async () => {
    const place = { traceId: theirs, spanId: 'b7ad6b7169203331', traceFlags: 0 };
    const event = context.with(trace.setSpanContext(ROOT_CONTEXT, place), () => ({
      id: 'e-1',
      type: 'placed',
      traceparent: activeTraceparent(),
    }));
    expect(event.traceparent).toBe(`00-${theirs}-b7ad6b7169203331-00`);
    expect(await runConsumer(consumer, event, async () => activeTraceparent())).toBe(event.traceparent);
  });

  test('without a usable trace is handled outside of any', async () => {
    expect(
      await runConsumer(consumer, { id: 'e-2', type: 'placed', traceparent: 'junk' }, async () => activeTraceId()),
    ).toBeUndefined();
  });

  test('that fails to be handled fails for the caller', async () => {
    const failing = runConsumer(consumer, { id: 'e-3', type: 'placed' }, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
  });
});
