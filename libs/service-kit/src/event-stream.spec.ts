import { Controller, Module } from '@nestjs/common';
import { api, route, type InputOf } from '@stampede/contracts';
import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { z } from 'zod';
import { Answer, Events, Handle, Input, NotFound, defineSettings, type EventStream } from './index';
import { openService, type RunningService } from './testing';

const { follow } = api('orders', {
  follow: route({
    ...{
      method: 'GET',
      path: '/orders/{orderId}/stream',
      params: z.object({ orderId: z.string() }),
      reply: z.string(),
      status: 200,
      codes: [],
    },
  }),
}).routes;

/** The first comment, after 15 s, brings the head as well: that is too late for whoever waits. */
const BELOW_KEEP_ALIVE_MS = 10_000;

let left: PromiseWithResolvers<void>;

@Controller()
class StreamController {
  @Handle(follow, { produces: 'text/event-stream' })
  follow(@Input(follow) { orderId }: InputOf<typeof follow>, @Events() stream: EventStream) {
    if (orderId === 'unknown') throw new NotFound();
    if (stream.lastEventId === '9') return new Answer(undefined, { status: 204 });
    stream.closed.addEventListener('abort', () => left.resolve());
    if (orderId === 'quiet') return void stream.open();
    stream.send({ event: 'order', id: 1, data: { orderId } });
    if (orderId === 'short') stream.close();
    stream.send({ event: 'order', id: 2, data: { orderId } });
    return undefined;
  }
}

@Module({ controllers: [StreamController] })
class StreamModule {}

let service: RunningService;
beforeEach(async () => {
  left = Promise.withResolvers<void>();
  service = await openService({ settings: defineSettings('orders', {}), load: () => ({ module: StreamModule }) });
});
afterEach(() => service.stop());

async function open(orderId: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const request = get(`${service.url}/orders/${orderId}/stream`, {
    headers: { accept: 'text/event-stream', ...headers },
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response.setEncoding('utf8');
}

async function rest(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

test('events are sent as they come, until the handler closes the stream', async () => {
  const response = await open('short');
  expect(response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  });
  expect(response.headers['x-trace-id']).toMatch(/^[0-9a-f]{32}$/);
  expect(await rest(response)).toBe('event: order\nid: 1\ndata: {"orderId":"short"}\n\n');
});

test(
  'the head comes at once, also where there is nothing to tell yet',
  async () => {
    const response = await open('quiet');
    expect(response.statusCode).toBe(200);
    response.destroy();
    await left.promise;
  },
  BELOW_KEEP_ALIVE_MS,
);

test('a client that leaves ends the stream', async () => {
  const response = await open('long');
  response.destroy();
  await left.promise;
});

test('a drain ends every stream: they would never end by themselves', async () => {
  const response = await open('long');
  const [, text] = await Promise.all([service.stop(), rest(response)]);
  expect(text).toContain('id: 2');
});

test('HEAD is answered with the head of the stream at once', async () => {
  const answer = await fetch(`${service.url}/orders/long/stream`, { method: 'HEAD' });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
});

test('a stream that was never opened may still be refused, or be nothing', async () => {
  expect((await open('unknown')).statusCode).toBe(404);
  expect((await open('long', { 'last-event-id': '9' })).statusCode).toBe(204);
  expect((await open('long', { accept: 'application/json' })).statusCode).toBe(406);
});
