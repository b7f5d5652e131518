import { once } from 'node:events';
import { createServer as createWeb, type Server as Web } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Edge, type Upstream } from './lab-edge';

interface Replica extends Upstream {
  readonly traffic: Server;
  ready: boolean;
  close(): void;
}

let replicas: Replica[];
let edge: Edge;
let port: number;
const clients: Socket[] = [];

beforeEach(async () => {
  replicas = await Promise.all(['first', 'second'].map(replicaNamed));
  edge = new Edge(replicas);
  port = await edge.listen();
  await until(async () => (await ask(await client())) === 'first');
});
afterEach(async () => {
  for (const socket of clients.splice(0)) socket.destroy();
  await edge.close();
  for (const replica of replicas) replica.close();
});

async function replicaNamed(name: string): Promise<Replica> {
  const sockets = new Set<Socket>();
  const traffic = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', () => socket.write(name)).on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  const replica = { name, traffic, ready: true };
  const admin: Web = createWeb((_, reply) => reply.writeHead(replica.ready ? 200 : 503).end()).listen(0, '127.0.0.1');
  await Promise.all([once(traffic, 'listening'), once(admin, 'listening')]);
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  return Object.assign(replica, {
    port: portOf(traffic),
    adminUrl: `http://127.0.0.1:${portOf(admin)}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      traffic.close();
      admin.close();
      admin.closeAllConnections();
    },
  });
}

async function client(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  clients.push(socket);
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return socket;
}

/** Who answers; `reset` where the connection ends instead. */
function ask(socket: Socket): Promise<string> {
  if (socket.destroyed) return Promise.resolve('reset');
  return new Promise((resolve) => {
    socket.once('data', (chunk) => resolve(String(chunk))).once('close', () => resolve('reset'));
    socket.write('who?');
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; !(await isSo());) {
    if (Date.now() > deadline) throw new Error('it did not happen in 10 s');
  }
}

const answersOf = async (connections: number) =>
  Promise.all(Array.from({ length: connections }, async () => ask(await client())));

test('new connections go to the replica that has the fewest', async () => {
  const answers: string[] = [];
  for (let n = 0; n < 6; n += 1) answers.push(await ask(await client()));
  expect(answers.filter((name) => name === 'second').length).toBeGreaterThanOrEqual(3);
  expect(answers).toContain('first');
});

test('one that says it is not ready gets no more, and keeps what it has', async () => {
  const kept = await client();
  const before = await ask(kept);
  for (const replica of replicas) replica.ready = false;
  const [, second] = replicas;
  if (second !== undefined) second.ready = true;
  await until(async () => (await answersOf(3)).every((name) => name === 'second'));
  expect(await ask(kept)).toBe(before);
});

test('one that refuses before anybody has noticed costs the client nothing', async () => {
  replicas[0]?.close();
  expect(await answersOf(4)).toEqual(Array(4).fill('second'));
});

test('with nobody ready a client is turned away at once', async () => {
  for (const replica of replicas) replica.ready = false;
  await until(async () => (await ask(await client())) === 'reset');
});
