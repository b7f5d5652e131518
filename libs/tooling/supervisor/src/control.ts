import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from './refusal';
import type { ShopStatus } from './status';

const LONGEST_SOCKET_PATH = 100; // bytes; the system's limit is 104 on macOS, 108 on Linux

/** A runner says at once how it is; an order is answered when it has been carried out, which a start bounds. */
const STATUS_MS = 10_000;
const ORDER_MS = 180_000;

/** What a running shop can be told: `POST /restart?name=orders`, `POST /scale?service=inventory&replicas=3`. */
export interface Orders {
  status(): ShopStatus;
  restart(name: string): Promise<void>;
  kill(name: string): Promise<void>;
  stop(name: string): Promise<void>;
  start(name: string): Promise<void>;
  scale(service: string, replicas: number): Promise<void>;
}

/**
 * Listens for orders on a socket in the state folder. The socket is also the lock of the folder: the system frees it
 * however the runner ends. @throws Refusal when another shop runs on the same state
 */
export async function listenForOrders(folder: string, orders: Orders): Promise<Server> {
  const path = socketOf(folder);
  const server = createServer((call, reply) => void serve(call, reply, orders));
  if (await isAnswered(path))
    throw new Refusal(`a shop already runs on ${folder}: stop it, or set STAMPEDE_STATE_DIR for a second one`);
  rmSync(path, { force: true }); // left behind by a runner that was killed
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Refusal(`${path} cannot be opened: ${error.message}`, { cause: error })),
    );
    server.listen(path, resolve);
  });
  return server;
}

/**
 * Sends one order to the shop that runs on `folder`. @throws Refusal when none runs, when it does not answer in time,
 * or with the runner's own answer
 */
export async function orderShop<T = ShopStatus>(
  folder: string,
  method: 'GET' | 'POST',
  pathAndQuery: string,
): Promise<T> {
  const reply = await send(socketOf(folder), method, pathAndQuery);
  if (reply === undefined) throw new Refusal(`no shop runs on ${folder}: start one with \`npm start\``);
  const body = JSON.parse(reply.body) as T & { error?: string };
  if (reply.status !== 200) throw new Refusal(body.error ?? `the runner answered ${reply.status}`);
  return body;
}

/** Whether a shop runs on the state folder. */
export function isRunning(folder: string): Promise<boolean> {
  return isAnswered(socketOf(folder));
}

function socketOf(folder: string): string {
  const path = join(folder, 'runner.sock');
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  return join(tmpdir(), `stampede-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`);
}

async function isAnswered(path: string): Promise<boolean> {
  return (await send(path, 'GET', '/status')) !== undefined;
}

function send(socketPath: string, method: string, path: string): Promise<{ status: number; body: string } | undefined> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(method === 'GET' ? STATUS_MS : ORDER_MS);
    const late = () => reject(new Refusal(`the runner behind ${socketPath} does not answer: is it stopped?`));
    const call = request({ socketPath, method, path, signal }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.once('error', (error) => (signal.aborted ? late() : reject(error)));
      reply.once('end', () => resolve({ status: reply.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
    });
    call.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else if (signal.aborted) late();
      else reject(error);
    });
    call.end();
  });
}

async function serve(call: IncomingMessage, reply: ServerResponse, orders: Orders): Promise<void> {
  const { pathname, searchParams } = new URL(call.url ?? '/', 'http://runner');
  try {
    await obey(`${call.method} ${pathname}`, searchParams, orders);
    reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(orders.status()));
  } catch (error) {
    reply
      .writeHead(400, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: (error as Error).message }));
  }
}

async function obey(order: string, parameters: URLSearchParams, orders: Orders): Promise<void> {
  const name = parameters.get('name') ?? '';
  switch (order) {
    case 'GET /status':
      return;
    case 'POST /restart':
      return orders.restart(name);
    case 'POST /kill':
      return orders.kill(name);
    case 'POST /stop':
      return orders.stop(name);
    case 'POST /start':
      return orders.start(name);
    case 'POST /scale':
      return orders.scale(parameters.get('service') ?? '', Number(parameters.get('replicas')));
    default:
      throw new Refusal(`the runner does not know ${order}`);
  }
}
