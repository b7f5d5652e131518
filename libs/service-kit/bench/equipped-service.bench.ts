// CPU per request of an equipped service against raw node:http, both in processes of their own. Promise: <= 1.7 by
// the medians.
// Run: npx nx build service-kit && node libs/service-kit/bench/equipped-service.bench.ts [rounds] [requests]
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { load } from './load.ts';

const ROUNDS = Number(process.argv[2] ?? 9);
const REQUESTS = Number(process.argv[3] ?? 8_000);
const CONNECTIONS = 16;
const WARM_UP_REQUESTS = 20_000;
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PROMISED_RATIO = 1.7;
/**
 * The young generation at the size that V8 lets it grow to anyway; grown by chance in each process, it would decide.
 */
const V8_FLAGS = ['--min-semi-space-size=16'];

interface Contender {
  readonly name: string;
  readonly file: string;
  readonly env?: Record<string, string>;
  readonly traceparent?: string;
}

const collector = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
}).listen(0, '127.0.0.1');
await once(collector, 'listening');
const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as { port: number }).port}` };

const contenders: Contender[] = [
  { name: 'raw node:http', file: 'raw-server.ts' },
  { name: 'equipped, no collector', file: 'equipped-server.ts' },
  {
    name: 'equipped, tracing on, unsampled',
    file: 'equipped-server.ts',
    env: otlp,
    traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-00`,
  },
  {
    name: 'equipped, tracing on, sampled',
    file: 'equipped-server.ts',
    env: otlp,
    traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
  },
];

async function start({ file, env }: Contender): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL(file, import.meta.url), {
    env: { ...process.env, ...env },
    execArgv: V8_FLAGS,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, port };
}

async function cpuUs(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [{ cpuUs: used }] = (await once(child, 'message')) as [{ cpuUs: number }];
  return used;
}

const running = await Promise.all(
  contenders.map(async (contender) => ({ ...contender, ...(await start(contender)), us: [] as number[] })),
);
for (const { port, traceparent } of running)
  await load({ port, traceparent, requests: WARM_UP_REQUESTS, connections: CONNECTIONS });
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { child, port, traceparent, us } of running) {
    const before = await cpuUs(child);
    await load({ port, traceparent, requests: REQUESTS, connections: CONNECTIONS });
    us.push(((await cpuUs(child)) - before) / REQUESTS);
  }
}
for (const { child } of running) child.disconnect();
collector.close();

const sorted = (values: number[]) => values.toSorted((left, right) => left - right);
const median = (values: number[]) => sorted(values)[values.length >> 1] as number;
const raw = running[0]?.us ?? [];
process.stdout.write(
  `CPU per request, ${ROUNDS} interleaved rounds of ${REQUESTS} requests; promise: <= ${PROMISED_RATIO} x raw\n`,
);
for (const { name, us } of running) {
  const ratio = sorted(us.map((value, round) => value / (raw[round] as number)))[us.length >> 1] as number;
  const figures = `${median(us).toFixed(1)} us (min ${Math.min(...us).toFixed(1)})  ${ratio.toFixed(2)} x raw`;
  process.stdout.write(`  ${name.padEnd(34)} ${figures}\n`);
}
