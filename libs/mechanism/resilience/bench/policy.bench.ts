import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { Budget, LoadShedder, policy, type PolicyOptions } from '../src/index';
import { compare } from './measure';

const answer = async (): Promise<string> => 'ok';
const balancer = { addresses: ['http://127.0.0.1:8130', 'http://127.0.0.1:8131', 'http://127.0.0.1:8132'] };
const shed = new LoadShedder('bench', { limit: 1_000 });

async function overNothing(): Promise<void> {
  const budget = Budget.ofMs(60_000);
  const nothing = policy({ name: 'nothing' });
  const timeout = policy({ name: 'timeout', timeoutMs: 800 });
  const balanced = policy({ name: 'balanced', balancer });
  const bulkhead = policy({ name: 'bulkhead', bulkhead: { maxInFlight: 64 } });
  const breaker = policy({ name: 'breaker', breaker: {} });
  const everything = policy(all());
  await compare('policy around nothing', 20_000, {
    'bare await': answer,
    'policy with no part': () => nothing.run({}, answer),
    '+ timeout': () => timeout.run({}, answer),
    '+ balancer': () => balanced.run({}, answer),
    '+ bulkhead': () => bulkhead.run({}, answer),
    '+ breaker': () => breaker.run({}, answer),
    'everything, POST with budget': () => everything.run({ budget, idempotent: true }, answer),
    'everything, GET (hedged) with budget': () => everything.run({ budget, method: 'GET' }, answer),
  });
}

/** Client and server share this process, so the ratio is to the CPU of both ends of a call. */
async function overHttp(): Promise<void> {
  const server = createServer((_request, reply) => reply.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const send = async (signal?: AbortSignal): Promise<string> => {
    const { body } = await pool.request({ path: '/', method: 'GET', ...(signal && { signal }) });
    return body.text();
  };
  const everything = policy(all());
  const unset = new AbortController().signal;
  await compare('policy around an HTTP call', 1_000, {
    'undici alone': () => send(),
    'undici with a signal': () => send(unset),
    'everything, POST with budget': () => everything.run({ budget: Budget.ofMs(2_000), idempotent: true }, send),
    'everything, GET (hedged) with budget': () => everything.run({ budget: Budget.ofMs(2_000), method: 'GET' }, send),
  });
  await pool.close();
  server.close();
}

function all(): PolicyOptions {
  const parts = { bulkhead: { maxInFlight: 64 }, breaker: {}, retry: {}, hedge: {}, timeoutMs: 800 };
  return { name: 'everything', shed, balancer, ...parts };
}

void overNothing().then(overHttp);
