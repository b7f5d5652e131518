import { createServer } from 'node:net';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@stampede/topology';
import { orderShop } from './control';
import { takePortMap, type PortMap } from './port-map';
import { Shop, type ShopOptions } from './shop';
import { readStatus } from './status';
import type { OpenStore } from './store';
import { makeFakeShop, type FakeShop } from './testing';

const someServer: OpenStore = async () => ({
  url: 'postgres://nowhere',
  pid: undefined,
  ensure: async () => undefined,
  stop: async () => undefined,
});

let fake: FakeShop;
let folder: string;
let lines: string[];
let shops: Shop[];
let ports: PortMap;

beforeAll(async () => {
  ports = await takePortMap();
});
afterAll(() => ports.release());
beforeEach(() => {
  fake = makeFakeShop();
  folder = join(fake.root, '.stampede');
  lines = [];
  shops = [];
});
afterEach(async () => {
  await Promise.all(shops.map((shop) => shop.close()));
  fake.remove();
});

function shopWith(options: Partial<ShopOptions> = {}): Shop {
  const shop = new Shop({
    root: fake.root,
    env: { PATH: process.env['PATH'], STAMPEDE_PORT_BASE: String(ports.base) },
    folder,
    replicas: {},
    singleProcess: false,
    report: (line) => lines.push(line),
    openStore: someServer,
    ...options,
  });
  shops.push(shop);
  return shop;
}

/** Where something of the shop listens: as far above the base as it is above 8,000 in a shop of its own. */
const at = (offset: number): number => ports.base + offset;
const pidOf = (shop: Shop, name: string) => shop.status().processes.find((process) => process.name === name)?.pid;
const told = async (url: string) => (await (await fetch(url)).json()) as { env: Record<string, string>; pid: number };

/** Asks again until `found` gives something. */
async function until<T>(found: () => T | null | undefined | false): Promise<T> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const value = found();
    if (value !== undefined && value !== null && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not happen in 10 s');
}

test('a shop opens once it can serve, and leaves no process behind', async () => {
  const shop = shopWith();
  expect(await shop.open()).toBe(`http://localhost:${at(80)}`);
  const { processes } = shop.status();
  expect(processes).toHaveLength(SERVICES.length + 1); // and the provider
  expect(processes.every(({ state }) => state === 'ready')).toBe(true);
  expect((await told(`http://localhost:${at(80)}/`)).env).toMatchObject({ DATABASE_URL: 'postgres://nowhere' });
  expect(readStatus(folder)).toEqual(shop.status());

  await shop.close();
  for (const { pid } of processes) expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
});

test('a lab has the last word on the environment of a process, and on what its Node loads first', async () => {
  const preload = join(fake.root, 'preload.cjs');
  writeFileSync(preload, "process.env.LOADED_FIRST = 'yes';");
  const shop = shopWith({
    adapt: (plan) =>
      plan.service === 'gateway'
        ? { ...plan, env: { ...plan.env, DATABASE_URL: 'postgres://elsewhere' }, nodeArguments: ['--require', preload] }
        : plan,
  });
  await shop.open();
  const { env } = await told(`http://localhost:${at(80)}/`);
  expect(env).toMatchObject({ DATABASE_URL: 'postgres://elsewhere', LOADED_FIRST: 'yes' });
  expect((await told(`http://localhost:${at(110)}/`)).env).toMatchObject({ DATABASE_URL: 'postgres://nowhere' });
});

test('a shop stops from the edge inwards', async () => {
  const shop = shopWith();
  await shop.open();
  await shop.close();
  const endedAt = (name: string) =>
    Number(/ends: SIGTERM (\d+)/.exec(readFileSync(join(folder, 'logs', `${name}.log`), 'utf8'))?.[1]);
  expect(endedAt('gateway')).toBeLessThanOrEqual(endedAt('orders'));
  expect(endedAt('orders')).toBeLessThanOrEqual(endedAt('payments'));
  expect(endedAt('payments')).toBeLessThanOrEqual(endedAt('payment-provider'));
});

test('a service that dies is started again, and one line says so', async () => {
  const shop = shopWith();
  await shop.open();
  const before = pidOf(shop, 'orders');
  process.kill(before ?? 0, 'SIGKILL');
  await until(() =>
    shop
      .status()
      .processes.some(({ name, restarts, state }) => name === 'orders' && restarts === 1 && state === 'ready'),
  );
  expect(pidOf(shop, 'orders')).not.toBe(before);
  expect(lines).toContain('orders ended (SIGKILL): starting it again in 0.25 s');
});

test('a service that cannot start is given up with the end of its log', async () => {
  fake.program('orders', "console.log('no such table: saga'); process.exit(3)");
  await expect(shopWith().open()).rejects.toThrow('orders does not start, see above');
  expect(lines.at(-1)).toBe(
    'orders ended (exit code 3), 2 times in a row: giving up. The end of its log:\nno such table: saga',
  );
});

test('a service that dies again and again is left alone, and the rest of the shop stays', async () => {
  const shop = shopWith();
  await shop.open();
  fake.program('orders', "console.log('disk full'); process.exit(3)");
  process.kill(pidOf(shop, 'orders') ?? 0, 'SIGKILL');
  await until(() => shop.status().processes.some(({ state }) => state === 'failed'));
  expect(lines.filter((line) => line.startsWith('orders ended'))).toHaveLength(5);
  expect(lines.at(-1)).toMatch(/5 times in a row: giving up\. The end of its log:\ndisk full$/);
  expect(shop.status().processes.filter(({ state }) => state === 'ready')).toHaveLength(SERVICES.length);
});

test('a process that is killed by order has not crashed, nor are its own crashes forgotten for that', async () => {
  const shop = shopWith();
  await shop.open();
  fake.program('orders', 'process.exit(3)');
  await orderShop(folder, 'POST', '/kill?name=orders');
  const orders = () => shop.status().processes.find(({ name }) => name === 'orders');
  for (let restarts = 1; restarts <= 5; restarts += 1) {
    await until(() => orders()?.restarts === restarts && orders()?.pid === null);
    await orderShop(folder, 'POST', '/kill?name=orders'); // between two crashes there is nobody to be killed
  }
  await until(() => orders()?.state === 'failed');
  expect(lines.filter((line) => line.startsWith('orders ended (exit code 3)'))).toHaveLength(5);
});

test('a shop can be closed while it is still opening', async () => {
  fake.program('orders', 'setInterval(() => undefined, 1000)');
  const shop = shopWith();
  const opening = shop.open();
  const pid = await until(() => pidOf(shop, 'orders'));
  await Promise.all([shop.close(), expect(opening).rejects.toThrow('the shop is closing')]);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('a busy port is named with what needs it and what to do', async () => {
  const other = createServer().listen(at(130), '127.0.0.1');
  await once(other, 'listening');
  await expect(shopWith().open()).rejects.toThrow(
    `port ${at(130)} is busy, inventory needs it: stop what holds it, or move all ports with STAMPEDE_PORT_BASE`,
  );
  other.close();
});

test('a second shop on the same state is refused, one on other state and ports is not', async () => {
  await shopWith().open();
  const others = await takePortMap();
  const env = { STAMPEDE_PORT_BASE: String(others.base) };
  await expect(shopWith({ env }).open()).rejects.toThrow(/a shop already runs on/);
  await shopWith({ folder: join(fake.root, 'other'), env }).open();
  others.release();
});

test('a state folder too deep for a socket takes orders all the same', async () => {
  const deep = join(fake.root, 'deep'.repeat(40));
  await shopWith({ folder: deep }).open();
  expect((await orderShop(deep, 'GET', '/status')).open).toBe(true);
});

test('a missing build is named with the command that makes it', async () => {
  fake.remove();
  await expect(shopWith().open()).rejects.toThrow(/main\.js is missing: run `npm run build`/);
});

test('a running shop is scaled: callers learn the new addresses, the rest stays', async () => {
  const shop = shopWith();
  await shop.open();
  const before = {
    catalog: pidOf(shop, 'catalog'),
    inventory: pidOf(shop, 'inventory'),
    orders: pidOf(shop, 'orders'),
  };

  const status = await orderShop(folder, 'POST', '/scale?service=inventory&replicas=2');
  expect(status.processes.find(({ name }) => name === 'inventory-1')).toMatchObject({ state: 'ready', replica: 1 });
  expect((await told(`http://127.0.0.1:${at(140)}/`)).env['INVENTORY_URLS']).toBe(
    `http://127.0.0.1:${at(130)},http://127.0.0.1:${at(131)}`,
  );
  expect(pidOf(shop, 'orders')).not.toBe(before.orders);
  expect([pidOf(shop, 'catalog'), pidOf(shop, 'inventory')]).toEqual([before.catalog, before.inventory]);

  await orderShop(folder, 'POST', '/scale?service=inventory&replicas=1');
  expect((await told(`http://127.0.0.1:${at(140)}/`)).env['INVENTORY_URLS']).toBe(`http://127.0.0.1:${at(130)}`);
  expect(pidOf(shop, 'inventory-1')).toBeUndefined();
});

test('a process is stopped, started, restarted and killed by order', async () => {
  const shop = shopWith();
  await shop.open();
  await orderShop(folder, 'POST', '/stop?name=pricing');
  await expect(fetch(`http://127.0.0.1:${at(120)}/`)).rejects.toThrow();
  expect(shop.status().processes.find(({ name }) => name === 'pricing')).toMatchObject({ state: 'stopped', pid: null });
  await orderShop(folder, 'POST', '/start?name=pricing');
  const started = await until(() => pidOf(shop, 'pricing'));
  await orderShop(folder, 'POST', '/restart?name=pricing');
  expect(pidOf(shop, 'pricing')).not.toBe(started);
  await orderShop(folder, 'POST', '/kill?name=pricing');
  await until(() => lines.some((line) => line.startsWith('pricing ended (SIGKILL)')));
});

test('an order that cannot be followed is refused with its reason', async () => {
  await shopWith().open();
  const refusals: [order: string, reason: RegExp][] = [
    ['/restart?name=nobody', /no process is called "nobody": there are payment-provider, /],
    ['/scale?service=inventory&replicas=99', /inventory can have 1 to 10 replicas/],
    ['/scale?service=nobody&replicas=2', /no service is called "nobody": there are gateway, /],
    ['/explode', /does not know POST \/explode/],
  ];
  for (const [order, reason] of refusals) await expect(orderShop(folder, 'POST', order)).rejects.toThrow(reason);
});

test('all services share one process when asked to, and replicas are then refused', async () => {
  const shop = shopWith({ singleProcess: true });
  await shop.open();
  expect(shop.status().processes.map(({ name }) => name)).toEqual(['payment-provider', 'shop']);
  expect((await told(`http://127.0.0.1:${at(110)}/`)).pid).toBe((await told(`http://127.0.0.1:${at(140)}/`)).pid);
  expect(() => shopWith({ singleProcess: true, replicas: { orders: 2 } })).toThrow(/leave out --single-process/);
});

test('a part of the services runs without the others', async () => {
  const shop = shopWith({ services: ['inventory', 'payments'], replicas: { inventory: 2 } });
  await shop.open();
  const names = shop.status().processes.map(({ name }) => name);
  expect(names.toSorted()).toEqual(['inventory', 'inventory-1', 'payment-provider', 'payments']);
});
