import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isRunning, orderShop, readStatus, takePortMap, type PortMap } from '@stampede/supervisor';
import { SERVICES } from '@stampede/topology';
import { makeFakeShop, type FakeShop } from '@stampede/supervisor/testing';

const LEFT_BEHIND_MS = 5_000; // what the issue allows after a kill -9
const cli = resolve(__dirname, '..', 'dist', 'index.js');

let fake: FakeShop;
let folder: string;
let map: PortMap;

beforeAll(async () => {
  // The runner is a program of its own: it runs the build, so the build has to be today's.
  const built = spawnSync('tsc', ['-b', resolve(__dirname, '..')], { encoding: 'utf8' });
  expect(built.stdout).toBe('');
  fake = makeFakeShop();
  folder = join(fake.root, '.stampede');
  map = await takePortMap();
});
afterAll(() => {
  map.release();
  fake.remove();
});

/** `npx stampede start` on the fake shop, leader of a process group as a shell makes it. */
function runner(...args: string[]): {
  child: ChildProcess;
  output: () => string;
  open: Promise<void>;
  exit: Promise<number | null>;
} {
  const program = `require(${JSON.stringify(cli)}).main(process.argv, ${JSON.stringify(fake.root)})`;
  const env = { ...process.env, STAMPEDE_PORT_BASE: String(map.base) };
  delete (env as NodeJS.ProcessEnv)['STAMPEDE_STATE_DIR'];
  delete (env as NodeJS.ProcessEnv)['DATABASE_URL'];
  const child = spawn(process.execPath, ['-e', program, 'stampede', ...args], { env, detached: true });
  let output = '';
  const open = new Promise<void>((isOpen, notOpen) => {
    const take = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
      if (output.includes(`the shop is open: http://localhost:${map.base + 80}`)) isOpen();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('exit', () => notOpen(new Error(output)));
  });
  open.catch(() => undefined);
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return { child, output: () => output, open, exit };
}

function pids(): number[] {
  const status = readStatus(folder);
  const all = [status?.postgres?.pid, ...(status?.processes ?? []).map(({ pid }) => pid)];
  return all.filter((pid) => pid !== undefined && pid !== null);
}

function alive(): number[] {
  return pids().filter((pid) => existsSync(`/proc/${pid}`) || spawnSync('ps', ['-p', String(pid)]).status === 0);
}

async function serverIsAnotherThan(pid: number): Promise<boolean> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const now = readStatus(folder)?.postgres?.pid;
    if (now !== undefined && now !== pid) return true;
    await new Promise((again) => setTimeout(again, 50));
  }
  return false;
}

async function allGoneWithin(milliseconds: number): Promise<void> {
  for (const deadline = Date.now() + milliseconds; alive().length > 0 && Date.now() < deadline;) {
    await new Promise((again) => setTimeout(again, 50));
  }
  expect(alive()).toEqual([]);
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s to the whole process group ends the shop in order',
  async (signal) => {
    const shop = runner('start');
    await shop.open;
    expect(pids()).toHaveLength(SERVICES.length + 2); // and the provider, and PostgreSQL
    process.kill(-(shop.child.pid ?? 0), signal);
    expect(await shop.exit).toBe(0);
    expect(alive()).toEqual([]);
    expect(shop.output()).toContain(`${signal}: stopping the shop`);
    expect(await isRunning(folder)).toBe(false);
  },
);

test('a runner that is killed takes everything with it, and the next shop opens on the same state', async () => {
  const shop = runner('start');
  await shop.open;
  shop.child.kill('SIGKILL');
  await shop.exit;
  await allGoneWithin(LEFT_BEHIND_MS);

  const next = runner('start');
  await next.open;
  next.child.kill('SIGTERM');
  expect(await next.exit).toBe(0);
});

test('a PostgreSQL that dies is started again', async () => {
  const shop = runner('start');
  await shop.open;
  const before = readStatus(folder)?.postgres?.pid ?? 0;
  await orderShop(folder, 'POST', '/kill?name=postgres');
  await expect(serverIsAnotherThan(before)).resolves.toBe(true);
  expect(shop.output()).toContain('PostgreSQL ended: starting it again');
  shop.child.kill('SIGTERM');
  expect(await shop.exit).toBe(0);
  expect(alive()).toEqual([]);
});

test('a service that neither ends by itself nor on SIGTERM does not outlive a killed runner', async () => {
  fake.program(
    'pricing',
    "process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000);" + ports('PRICING'),
  );
  const shop = runner('start');
  await shop.open;
  shop.child.kill('SIGKILL');
  await shop.exit;
  fake.program('pricing');
  await allGoneWithin(LEFT_BEHIND_MS);
});

test('a shop that is refused says why in one line and ends with 1', async () => {
  const shop = runner('start', '--replicas', 'nobody=2');
  expect(await shop.exit).toBe(1);
  expect(shop.output()).toMatch(/^stampede: no service is called "nobody": there are .*\n$/);
});

test('erase refuses while a shop runs, and deletes its state afterwards', async () => {
  const shop = runner('start');
  await shop.open;
  const refused = runner('erase');
  expect(await refused.exit).toBe(1);
  expect(refused.output()).toMatch(/^stampede: a shop runs on .*: stop it first\n$/);
  shop.child.kill('SIGTERM');
  await shop.exit;

  const erased = runner('erase');
  expect(await erased.exit).toBe(0);
  expect(existsSync(folder)).toBe(false);
});

function ports(prefix: string): string {
  const listen = (port: string): string =>
    `require('http').createServer((_, r) => r.end('{}')).listen(process.env.${port});`;
  return listen(`${prefix}_PORT`) + listen(`${prefix}_ADMIN_PORT`);
}
