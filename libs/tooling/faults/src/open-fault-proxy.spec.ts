import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultProxy } from './fault-proxy';
import { openFaultProxy } from './open-fault-proxy';

let server: Server;
let proxy: FaultProxy;
let heard: string[];
const clients: Socket[] = [];

beforeEach(async () => {
  heard = [];
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard.push(String(chunk));
      socket.write(`answer to ${String(chunk)}`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await openFaultProxy({ target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
});

async function client(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  clients.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** What comes back, or how the connection ended; `silence` when nothing does for a while. */
function ask(socket: Socket, text = 'question', patienceMs = 200): Promise<string> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => answered('silence'), patienceMs);
    const failed = (error: NodeJS.ErrnoException) => answered(error.code ?? 'error');
    const answered = (what: unknown) => {
      clearTimeout(patience);
      socket.off('data', answered).off('error', failed);
      resolve(String(what));
    };
    socket.on('data', answered).on('error', failed).write(text);
  });
}

const closing = (socket: Socket) => new Promise((resolve) => void socket.once('close', resolve));

test('without a toxic it is a plain pipe, and counts nothing', async () => {
  expect(await ask(await client())).toBe('answer to question');
  expect(proxy.acted).toBe(0);
});

test('latency is paid on the way there and on the way back', async () => {
  const socket = await client();
  proxy.set({ latencyMs: 60 });
  const from = performance.now();
  expect(await ask(socket, 'slow', 1_000)).toBe('answer to slow');
  expect(performance.now() - from).toBeGreaterThanOrEqual(119);
  expect(proxy.acted).toBe(1);
});

test('a share of the exchanges is met exactly, on a connection that is kept too', async () => {
  const socket = await client();
  proxy.set({ latencyMs: 15, ratio: 0.2 });
  let slow = 0;
  for (let exchange = 0; exchange < 25; exchange += 1) {
    const from = performance.now();
    await ask(socket, 'again', 1_000);
    if (performance.now() - from >= 29) slow += 1;
  }
  expect(proxy.acted).toBeGreaterThanOrEqual(4);
  expect(proxy.acted).toBeLessThanOrEqual(6);
  expect(slow).toBeGreaterThanOrEqual(proxy.acted);
});

test('a lost answer: the server has heard the question, and the client hears of a reset', async () => {
  proxy.set({ resetAfterBytes: 0 });
  expect(await ask(await client())).toBe('ECONNRESET');
  expect(heard).toEqual(['question']);
  expect(proxy.acted).toBe(1);
});

test('an answer can be cut in its middle', async () => {
  proxy.set({ resetAfterBytes: 6 });
  const socket = await client();
  const ended = closing(socket);
  expect(await ask(socket)).toBe('answer');
  await ended;
});

test('a black hole never answers, and its connections are of no more use afterwards', async () => {
  const before = await client();
  expect(await ask(before)).toBe('answer to question');
  proxy.set({ blackHole: true });
  expect(await ask(before, 'lost')).toBe('silence');
  expect(await ask(await client(), 'lost as well')).toBe('silence');
  expect(heard).toEqual(['question']);
  const ended = closing(before);
  proxy.clear();
  await ended;
  expect(await ask(await client())).toBe('answer to question');
  expect(proxy.acted).toBe(2);
});

test("half-open: the server's side is gone and the client is not told", async () => {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = await client();
  const [serverSide] = await accepted;
  const gone = closing(serverSide);
  proxy.set({ halfOpen: true });
  await gone;
  expect(await ask(socket)).toBe('silence');
  expect(socket.destroyed).toBe(false);
});

test('refused: those that are open are reset, new ones are turned away, and then it is as before', async () => {
  const socket = await client();
  expect(await ask(socket)).toBe('answer to question');
  const reset = closing(socket);
  proxy.set({ refuse: true });
  await reset;
  expect(proxy.acted).toBe(1);
  const [error] = (await once(connect(proxy.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
  proxy.clear();
  for (let attempt = 0; ; attempt += 1) {
    const again = await client().catch(() => undefined);
    if (again !== undefined) return expect(await ask(again)).toBe('answer to question');
    expect(attempt).toBeLessThan(100);
    await delay(10);
  }
});

test('a narrow line takes its time', async () => {
  proxy.set({ bytesPerSecond: 200 });
  const from = performance.now();
  expect(await ask(await client(), '0123456789', 2_000)).toBe('answer to 0123456789');
  expect(performance.now() - from).toBeGreaterThanOrEqual(145); // 10 bytes there, 20 back
});

test('a large answer arrives whole through a slow line', async () => {
  const big = 'x'.repeat(3_000_000);
  server.removeAllListeners('connection');
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.end(big));
  });
  proxy.set({ latencyMs: 5 });
  const socket = await client();
  socket.write('all of it');
  let bytes = 0;
  for await (const chunk of socket) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(big.length);
});

test('a server that is not there resets the client', async () => {
  await new Promise((resolve) => server.close(resolve));
  const socket = connect(proxy.port, '127.0.0.1');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
  server.listen(0, '127.0.0.1');
});
