import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '@stampede/supervisor';
import { makeFakeShop, type FakeShop } from '@stampede/supervisor/testing';
import { openLabShop, type LabShopOptions } from '../src/lab-shop';
import type { ShopInLab } from '../src/world';

// A start takes seconds, and several of them where other tests start shops as well.
jest.setTimeout(120_000);

const opened: ShopInLab[] = [];
let fake: FakeShop;
let folder: string;
let interruption: AbortController;

beforeEach(() => {
  fake = makeFakeShop();
  folder = mkdtempSync(join(tmpdir(), 'stampede-kept-'));
  interruption = new AbortController();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((shop) => shop.close()));
  fake.remove();
  rmSync(folder, { recursive: true });
});

async function labOf(options: Partial<LabShopOptions>): Promise<ShopInLab> {
  const machine = { PATH: process.env['PATH'], REDIS_URL: 'redis://users.own', DATABASE_URL: 'postgres://users.own' };
  const { signal } = interruption;
  const shop = await openLabShop({ root: fake.root, machine, needs: [], folder, signal, ...options });
  opened.push(shop);
  return shop;
}

const told = async (url: string) => (await (await fetch(url)).json()) as { env: Record<string, string> };

test('callers get the addresses of proxies, services their preloads, and nothing of the user gets in', async () => {
  const script = join(fake.root, 'preload.cjs');
  writeFileSync(script, "process.env.LOADED_FIRST = 'yes';");
  const shop = await labOf({
    replicas: { inventory: 2, gateway: 2 },
    proxied: ['inventory', 'payment-provider', 'postgres', 'edge'],
    preloads: { gateway: [script] },
    env: { STAMPEDE_DRAIN_MS: '5' },
    off: 'outbox',
  });
  const ports = (target: string) => shop.proxies(target).map(({ port }) => port);
  expect(shop.names('inventory')).toEqual(['inventory', 'inventory-1']);
  const { env } = await told(shop.url); // through the proxy before the balancer
  expect(env).toMatchObject({
    INVENTORY_URLS: ports('inventory')
      .map((port) => `http://127.0.0.1:${port}`)
      .join(','),
    DATABASE_URL: `postgres://postgres@127.0.0.1:${ports('postgres')[0]}`,
    STAMPEDE_LAB: '1',
    STAMPEDE_MITIGATIONS_OFF: 'outbox',
    STAMPEDE_DRAIN_MS: '5',
    LOADED_FIRST: 'yes',
  });
  expect(env).not.toHaveProperty('REDIS_URL');
  expect(shop.url).toBe(`http://127.0.0.1:${ports('edge')[0]}`);
  expect(() => shop.proxies('catalog')).toThrow('the claim does not say that catalog is proxied');
  expect(() => shop.redis).toThrow('the claim does not say that it needs redis');
});

test('processes and the server are killed and come back, and a close leaves nothing but the logs', async () => {
  const shop = await labOf({});
  const before = shop.pidOf('orders') ?? 0;
  await shop.kill('orders');
  shop.postgres.kill();
  while (shop.pidOf('orders') === before) await new Promise((resolve) => setTimeout(resolve, 20));
  await shop.ready(20_000);
  const versions = () => shop.versions().catch(() => undefined); // the server reads its log first
  for (let found = await versions(); ; found = await versions()) {
    if (found === undefined) continue;
    expect(found['postgres']).toMatch(/^\d+/);
    break;
  }
  await shop.stop('pricing');
  expect(shop.pidOf('pricing')).toBeUndefined();
  await shop.ready(1_000);
  await shop.start('pricing');
  const pids = shop.names().map((name) => shop.pidOf(name) ?? 0);
  process.kill(pids[0] ?? 0, 'SIGSTOP');
  await shop.close();
  expect(pids.filter(isAlive)).toEqual([]);
  expect(existsSync(join(folder, 'logs', 'orders.log'))).toBe(true);
  expect(readFileSync(join(folder, 'logs', 'orders.log'), 'utf8')).toContain('orders listens');
});

test('whoever interrupts a start does not wait for it, and nothing of it is left', async () => {
  fake.program('orders', 'setInterval(() => undefined, 1_000);'); // never ready
  const opening = labOf({ report: (line) => line.startsWith('starting') && interruption.abort(new Error('Ctrl-C')) });
  await expect(opening).rejects.toThrow('Ctrl-C');
});
