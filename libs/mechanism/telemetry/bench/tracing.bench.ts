// What tracing costs a request in CPU, ours against the stock instrumentations of HTTP and undici, both with NodeSDK
// and OTLP to a local sink.
//   npx stampede bench telemetry/tracing [--rounds 60] [--requests 400]
// A request is answered after one call to an upstream. Every round asks all servers in turn; cost = a server's CPU
// less the untraced one's of the same round. Exits 1 above a threshold.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load, median, spread } from './load';

const THRESHOLDS = { unsampled: 0.35, sampled: 0.7 } as const; // of the stock's cost
const WARM_UP_ROUNDS = 15;
/**
 * The young generation at the size that V8 lets it grow to. Grown by chance in each process, it decided up to 10 us a
 * request.
 */
const V8_FLAGS = ['--min-semi-space-size=16'];
const CONNECTIONS = 8;

interface Measured {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly headers: string;
  readonly cpuUs: number[];
}

function traceparent(flags: string): string {
  return `traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}\r\n`;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function start(
  variant: string,
  upstream: string,
  collector: string,
): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(join(__dirname, 'traced-server.fixture.ts'), [variant, upstream], {
    execArgv: [...process.execArgv, ...V8_FLAGS],
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_TRACES_SAMPLER: 'parentbased_always_on' },
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, port };
}

async function cpuOf(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message') as Promise<[{ cpuUs: number }]>;
  child.send('cpu');
  return (await answer)[0].cpuUs;
}

async function round(servers: readonly Measured[], first: number, requests: number): Promise<void> {
  for (let turn = 0; turn < servers.length; turn += 1) {
    const { child, port, headers, cpuUs } = servers[(first + turn) % servers.length] as Measured;
    const before = await cpuOf(child);
    await load(port, { requests, connections: CONNECTIONS, headers, end: '{"ok":true}' });
    cpuUs.push(((await cpuOf(child)) - before) / requests);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '60' }, requests: { type: 'string', default: '400' } },
  });
  const upstream = createServer((_request, response) =>
    response.setHeader('content-type', 'application/json').end('{"state":"held"}'),
  );
  const collector = createServer((request, response) => request.resume().on('end', () => response.end()));
  const [upstreamUrl, collectorUrl] = await Promise.all([listening(upstream), listening(collector)]);
  const servers: Measured[] = [];
  for (const [name, variant, headers] of [
    ['none', 'none', traceparent('01')],
    ['own unsampled', 'own', traceparent('00')],
    ['own sampled', 'own', traceparent('01')],
    ['stock unsampled', 'stock', traceparent('00')],
    ['stock sampled', 'stock', traceparent('01')],
  ] as const) {
    servers.push({ name, headers, cpuUs: [], ...(await start(variant, upstreamUrl, collectorUrl)) });
  }
  for (let index = 0; index < WARM_UP_ROUNDS + Number(values.rounds); index += 1)
    await round(servers, index, Number(values.requests));
  process.exitCode = report(servers.map(({ name, cpuUs }) => ({ name, cpuUs: cpuUs.slice(WARM_UP_ROUNDS) }))) ? 0 : 1;
  for (const { child } of servers) child.disconnect();
  for (const server of [upstream, collector]) server.close().closeAllConnections();
}

function report(measured: readonly { name: string; cpuUs: readonly number[] }[]): boolean {
  const [none, ...traced] = measured as [{ name: string; cpuUs: number[] }, ...typeof measured];
  console.log(`none: ${median(none.cpuUs).toFixed(1)} us of CPU a request, median of ${none.cpuUs.length} rounds`);
  const cost = new Map(
    traced.map(({ name, cpuUs }) => [name, cpuUs.map((us, index) => us - (none.cpuUs[index] as number))]),
  );
  for (const [name, us] of cost) console.log(`${name}: ${spread(us)} us more`);
  let passed = true;
  for (const [kind, most] of Object.entries(THRESHOLDS)) {
    const ratio = median(cost.get(`own ${kind}`) as number[]) / median(cost.get(`stock ${kind}`) as number[]);
    passed &&= ratio <= most;
    console.log(`${kind}: own / stock = ${ratio.toFixed(2)}, at most ${most}: ${ratio <= most ? 'PASS' : 'FAIL'}`);
  }
  return passed;
}

void main();
