// CPU from the start of a process until it listens, of an equipped service against a plain Nest app that is neither
// bundled nor cached. Exits 1 when, with bundle and compile cache as in a container, it is above 1.15 by the medians.
//   npx stampede bench service-kit/cold-start [rounds]
import { build } from 'esbuild';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUNDS = Number(process.argv[2] ?? 15);
const WARM_UP_ROUNDS = 2;
const PROMISED_RATIO = 1.15;
const JUDGED = 'equipped, bundle, compile cache';
/** Below node_modules, so that a bundle finds the packages that it leaves out. */
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/stampede', import.meta.url));
/** Packages of Nest that are not installed, and those that are loaded only where they are needed. */
const LEFT_OUT = [
  '@nestjs/websockets*',
  '@nestjs/platform-express',
  '@nestjs/microservices*',
  '@fastify/*',
  'class-*',
  'pg',
];

await mkdir(CACHE, { recursive: true });
const folder = await mkdtemp(join(CACHE, 'cold-start-'));
const bundle = join(folder, 'equipped.cjs');
await build({
  ...{ entryPoints: [fileURLToPath(new URL('equipped-server.ts', import.meta.url))], outfile: bundle, bundle: true },
  ...{ platform: 'node', format: 'cjs', external: LEFT_OUT, logLevel: 'error' },
});

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const cached = (name: string) => ({ NODE_COMPILE_CACHE: join(folder, name) });
const contenders = [
  { name: 'plain Nest app', file: file('plain-server.ts'), env: {} },
  { name: 'equipped', file: file('equipped-server.ts'), env: {} },
  { name: 'equipped, compile cache', file: file('equipped-server.ts'), env: cached('cache') },
  { name: 'equipped, bundle', file: bundle, env: {} },
  { name: JUDGED, file: bundle, env: cached('bundle-cache') },
].map((contender) => ({ ...contender, ms: [] as number[] }));

/** Milliseconds of CPU, user and system, until the process listens. */
async function coldStart({ file: program, env }: (typeof contenders)[number]): Promise<number> {
  const child = fork(program, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  child.send('cpu');
  const [{ cpuUs }] = (await once(child, 'message')) as [{ cpuUs: number }];
  child.disconnect();
  await once(child, 'exit');
  return cpuUs / 1_000;
}

for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
  for (const contender of contenders) {
    const ms = await coldStart(contender);
    if (round >= 0) contender.ms.push(ms);
  }
}
await rm(folder, { recursive: true });

const sorted = (values: number[]) => values.toSorted((left, right) => left - right);
const plain = contenders[0]?.ms ?? [];
process.stdout.write(`CPU until it listens, ${ROUNDS} interleaved rounds; promise: <= ${PROMISED_RATIO} x plain\n`);
for (const { name, ms } of contenders) {
  const ratio = sorted(ms.map((value, round) => value / (plain[round] as number)))[ms.length >> 1] as number;
  const median = sorted(ms)[ms.length >> 1] as number;
  if (name === JUDGED && ratio > PROMISED_RATIO) process.exitCode = 1;
  const figures = `${median.toFixed(0)} ms (min ${Math.min(...ms).toFixed(0)})  ${ratio.toFixed(2)} x plain`;
  process.stdout.write(`  ${name.padEnd(34)} ${figures}\n`);
}
