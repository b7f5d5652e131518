// CPU of the gateway for a request that it passes on to one upstream, against a pass-through that is equipped alike but
// has no routes, sessions,
// quotas, budgets or policies; each a process of its own, the CPU read from its own metrics.
//   npx stampede bench gateway/pass-through [--rounds 9] [--requests 4000]
// Rounds take turns; the figure is the median of the ratios. Exits 1 above 1.6.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureDatabase, eraseEmbeddedPostgres, startEmbeddedPostgres } from '@stampede/db';
import { Agent, request } from 'undici';

const PROMISED_RATIO = 1.6;
const POSTGRES_PORT = 15_497;
const CONNECTIONS = 16;
const WARM_UP_REQUESTS = 4_000;
/**
 * The young generation at the size that V8 lets it grow to anyway; grown by chance in each process, it would decide.
 */
const V8_FLAGS = ['--min-semi-space-size=16'];
const MICROSECONDS = 1_000_000;

interface Contender {
  readonly child: ChildProcess;
  readonly url: string;
  readonly adminUrl: string;
  readonly cpuUs: number[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '9' }, requests: { type: 'string', default: '4000' } },
  });
  const requests = Number(values.requests);
  const upstream = createServer((_, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ items: [], page: 1, pageSize: 20, total: 0 }));
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const dataDir = await mkdtemp(join(tmpdir(), 'pass-through-'));
  const postgres = await startEmbeddedPostgres({ dataDir, port: POSTGRES_PORT, durable: false });
  const contenders: Contender[] = [];
  try {
    for (const name of ['gateway', 'bus']) await ensureDatabase(postgres.url, name);
    contenders.push(
      await start(join(__dirname, 'pass-through.fixture.ts'), 'PASS', 15_410, { CATALOG_URLS: upstreamUrl }),
      await start(join(__dirname, '..', 'dist', 'main.js'), 'GATEWAY', 15_420, {
        DATABASE_URL: postgres.url,
        GATEWAY_ADDRESS_REQUESTS_PER_SECOND: '1000000',
        ...Object.fromEntries(
          ['CATALOG', 'PRICING', 'INVENTORY', 'ORDERS', 'AUDIT'].map((peer) => [`${peer}_URLS`, upstreamUrl]),
        ),
      }),
    );
    for (const contender of contenders) await load(contender, WARM_UP_REQUESTS);
    for (let round = 0; round < Number(values.rounds); round += 1)
      for (const contender of contenders) await measure(contender, requests);
    report(contenders);
  } finally {
    for (const { child } of contenders) child.kill();
    await postgres.stop();
    await eraseEmbeddedPostgres(dataDir);
    upstream.close();
    upstream.closeAllConnections();
  }
}

async function start(file: string, prefix: string, port: number, env: Record<string, string>): Promise<Contender> {
  const child = fork(file, {
    env: {
      ...process.env,
      STAMPEDE_PARENT_PIPE: '1',
      [`${prefix}_PORT`]: String(port),
      [`${prefix}_ADMIN_PORT`]: String(port + 1),
      ...env,
    },
    execArgv: [...process.execArgv, ...V8_FLAGS],
    stdio: ['pipe', 'ignore', 'inherit', 'ipc'], // it ends with this process, however that ends
  });
  const contender = { child, url: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${port + 1}`, cpuUs: [] };
  while (!(await isReady(contender))) {
    if (child.exitCode !== null) throw new Error(`${file} ended while it was starting`);
    await delay(100);
  }
  return contender;
}

async function isReady({ adminUrl }: Contender): Promise<boolean> {
  return request(`${adminUrl}/readyz`).then(
    ({ statusCode }) => statusCode === 200,
    () => false,
  );
}

async function measure(contender: Contender, requests: number): Promise<void> {
  const before = await cpuSeconds(contender);
  await load(contender, requests);
  contender.cpuUs.push((((await cpuSeconds(contender)) - before) * MICROSECONDS) / requests);
}

async function cpuSeconds({ adminUrl }: Contender): Promise<number> {
  const text = await (await request(`${adminUrl}/metrics`)).body.text();
  const samples = text.matchAll(/^process_cpu_seconds_total\{[^}]*\} (\S+)$/gm);
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}

async function load({ url }: Contender, requests: number): Promise<void> {
  const dispatcher = new Agent({ connections: CONNECTIONS });
  let left = requests;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const answer = await request(`${url}/api/v1/events`, { dispatcher });
      await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  await dispatcher.close();
}

function report([alike, gateway]: readonly Contender[]): void {
  if (alike === undefined || gateway === undefined) return;
  const ratios = gateway.cpuUs.map((us, round) => us / (alike.cpuUs[round] ?? NaN));
  const ratio = median(ratios);
  process.stdout.write(
    `pass-through ${median(alike.cpuUs).toFixed(0)} us, gateway ${median(gateway.cpuUs).toFixed(0)} us a request\n`,
  );
  process.stdout.write(
    `median ${ratio.toFixed(2)}x over ${ratios.length} rounds, at most ${PROMISED_RATIO}x is promised\n`,
  );
  if (!(ratio <= PROMISED_RATIO)) process.exitCode = 1;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

void main();
