// CPU per request of an equipped service (checked input, tracing, metrics, logs, load shedding, a breaker around its
// work) against raw node:http, each in a process of its own. Exits 1 above 1.7, by the medians.
//   npx stampede bench service-kit/equipped-service [rounds] [requests]
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { load } from './load.ts';
import { workloads, type Workload } from './shop.ts';

const ROUNDS = Number(process.argv[2] ?? 9);
const REQUESTS = Number(process.argv[3] ?? 8_000);
const CONNECTIONS = 16;
const WARM_UP_REQUESTS = 20_000;
const PROMISED_RATIO = 1.7;
/**
 * The young generation at the size that V8 lets it grow to anyway; grown by chance in each process, it would decide.
 */
const V8_FLAGS = ['--min-semi-space-size=16'];

interface Contender {
  readonly name: string;
  readonly file: string;
  readonly env?: Record<string, string>;
}

const collector = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
}).listen(0, '127.0.0.1');
await once(collector, 'listening');
const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as { port: number }).port}` };

const oneInTen = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' };
const JUDGED = 'tracing on, one in ten sampled';

const contenders: Contender[] = [
  { name: 'raw node:http', file: 'raw-server.ts' },
  { name: 'no collector', file: 'equipped-server.ts' },
  { name: JUDGED, file: 'equipped-server.ts', env: { ...otlp, ...oneInTen } },
  { name: 'tracing on, all sampled', file: 'equipped-server.ts', env: otlp },
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

const sorted = (values: number[]) => values.toSorted((left, right) => left - right);
const median = (values: number[]) => sorted(values)[values.length >> 1] as number;

const running = await Promise.all(contenders.map(async (contender) => ({ ...contender, ...(await start(contender)) })));

async function compare(workload: Workload): Promise<void> {
  const us = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  const common = { workload, connections: CONNECTIONS };
  for (const { port } of running) await load({ ...common, port, requests: WARM_UP_REQUESTS });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, child, port } of running) {
      const before = await cpuUs(child);
      await load({ ...common, port, requests: REQUESTS });
      us.get(name)?.push(((await cpuUs(child)) - before) / REQUESTS);
    }
  }
  process.stdout.write(`${workload.name}\n`);
  const raw = us.get(contenders[0]?.name ?? '') ?? [];
  for (const [name, values] of us) {
    const ratio = median(values.map((value, round) => value / (raw[round] as number)));
    if (name === JUDGED && ratio > PROMISED_RATIO) process.exitCode = 1;
    const least = Math.min(...values).toFixed(1);
    const figures = `${median(values).toFixed(1)} us (min ${least})  ${ratio.toFixed(2)} x raw`;
    process.stdout.write(`  ${name.padEnd(34)} ${figures}\n`);
  }
}

process.stdout.write(
  `CPU per request, ${ROUNDS} interleaved rounds of ${REQUESTS}; promise: <= ${PROMISED_RATIO} x raw\n`,
);
for (const workload of workloads) await compare(workload);
for (const { child } of running) child.disconnect();
collector.close();
