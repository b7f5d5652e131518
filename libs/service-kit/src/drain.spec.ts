import { Controller, Inject, Module, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { api, route } from '@stampede/contracts';
import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { z } from 'zod';
import { Handle, defineSettings, text } from './index';
import { PortTaken } from './listen';
import { openService, type RunningService } from './testing';

const { work } = api('shop', {
  work: route({ method: 'GET', path: '/work', reply: z.unknown(), status: 200, codes: [] }),
}).routes;

const said: string[] = [];
let entered: PromiseWithResolvers<void>;
let finish: PromiseWithResolvers<void>;

@Controller()
class WorkController implements OnModuleDestroy, OnApplicationShutdown {
  constructor(@Inject('PEER') readonly peer: string) {}

  @Handle(work)
  async work() {
    entered.resolve();
    await finish.promise;
    said.push('answered');
    return { done: true };
  }

  onModuleDestroy(): void {
    said.push('module destroyed');
  }

  onApplicationShutdown(): void {
    said.push('shut down');
  }
}

@Module({ controllers: [WorkController], providers: [{ provide: 'PEER', useValue: 'x' }] })
class ShopModule {}

const settings = defineSettings('shop', { SHOP_NAME: text({ default: 'x', why: 'a test' }) });
const load = () => ({ module: ShopModule, ready: () => (lost ? ('lost its lease' as const) : (true as const)) });
let lost = false;
let service: RunningService;

beforeEach(async () => {
  said.length = 0;
  lost = false;
  entered = Promise.withResolvers<void>();
  finish = Promise.withResolvers<void>();
  service = await openService({ settings, load });
});
afterEach(() => service.stop());

async function get(
  url: string,
  agent?: Agent,
): Promise<{ status: number; connection: string | undefined; text: string }> {
  const sent = request(url, agent === undefined ? {} : { agent }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode ?? 0, connection: response.headers.connection, text: body };
}

test('what is in flight is finished, and only then the module goes', async () => {
  const answer = get(`${service.url}/work`);
  await entered.promise;
  const stopped = service.stop();
  expect(await get(`${service.adminUrl}/readyz`)).toMatchObject({ status: 503, text: 'draining\n' });
  expect((await get(`${service.adminUrl}/livez`)).status).toBe(200);
  finish.resolve();
  expect(await answer).toMatchObject({ status: 200, text: '{"done":true}' });
  await stopped;
  expect(said).toEqual(['answered', 'module destroyed', 'shut down']);
});

test('during the drain every answer ends its connection, and after it nobody is let in', async () => {
  await service.stop();
  service = await openService({ settings, load, env: { STAMPEDE_DRAIN_MS: '150' } });
  const agent = new Agent({ keepAlive: true });
  finish.resolve();
  expect((await get(`${service.url}/work`, agent)).connection).toBe('keep-alive');
  const { url } = service;
  const stopped = service.stop();
  expect(await get(`${url}/work`, agent)).toMatchObject({ status: 200, connection: 'close' });
  expect(await get(`${url}/nowhere`, agent)).toMatchObject({ status: 404, connection: 'close' });
  await stopped;
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
});

test('a request that lies unread when the drain begins is answered', async () => {
  finish.resolve();
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1').setEncoding('utf8');
  socket.write('GET /work HTTP/1.1\r\nhost: shop\r\n\r\n');
  await once(socket, 'data');
  socket.write('GET /work HTTP/1.1\r\nhost: shop\r\n\r\n'); // with the system now; the server has not looked yet
  const stopped = service.stop();
  const [answer] = (await once(socket, 'data')) as [string];
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  await stopped;
});

test('a service may say itself why it is not ready', async () => {
  expect((await get(`${service.adminUrl}/readyz`)).status).toBe(200);
  lost = true;
  expect(await get(`${service.adminUrl}/readyz`)).toMatchObject({ status: 503, text: 'lost its lease\n' });
});

test('stopping twice is stopping once', async () => {
  await Promise.all([service.stop(), service.stop()]);
  expect(said).toEqual(['module destroyed', 'shut down']);
});

test('a port in use is said in one line that names it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  for (const variable of ['SHOP_PORT', 'SHOP_ADMIN_PORT']) {
    const refused = await openService({ settings, load, env: { [variable]: String(port) } }).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(PortTaken);
    expect((refused as PortTaken).message).toContain(`port ${port} is in use`);
  }
  other.close();
});
