import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { killEvery, pause, rollingRestart, stopService } from './index';
import { FakeShop, fakeLab } from '../test/fake-lab';

const SHOP = ['orders', 'inventory', 'inventory-1', 'gateway'];

/** Waits for what happens in between, without a clock of its own. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

test('one process after the other is killed, the same ones in every run', async () => {
  const runs = await Promise.all(
    [1, 2].map(async () => {
      const lab = fakeLab(new FakeShop(...SHOP));
      const fault = await killEvery({ everyMs: 1 }).start(lab);
      await until(() => lab.shop.done.length >= 5);
      await fault.undo();
      expect(lab.shop.done).not.toContain('ready'); // how long that takes is the shop's recovery
      expect(await fault.seen()).toMatchObject({ metric: 'processes killed', value: lab.shop.done.length });
      return lab.shop.done.slice(0, 5);
    }),
  );
  expect(runs[0]).toEqual(runs[1]);
  expect(new Set(runs[0]).size).toBeGreaterThan(1);
});

test('only the services that are named are killed, and those that are spared are not', async () => {
  const lab = fakeLab(new FakeShop(...SHOP));
  const fault = await killEvery({ everyMs: 1, services: ['inventory'], except: ['inventory-1'] }).start(lab);
  await until(() => lab.shop.done.length >= 4);
  await fault.undo();
  await fault.undo();
  expect(new Set(lab.shop.done)).toEqual(new Set(['kill inventory']));
});

test('a run that is interrupted ends the killing, and waits for nothing', async () => {
  const lab = fakeLab(new FakeShop(...SHOP));
  const fault = await killEvery({ everyMs: 3_600_000 }).start(lab);
  lab.interrupt();
  await fault.undo();
  expect(lab.shop.done).toHaveLength(1);
});

test('a strike that fails is told, and the next one is tried', async () => {
  const lab = fakeLab(new FakeShop());
  const fault = await killEvery({ everyMs: 20 }).start(lab); // of timers that may be a millisecond early
  await until(() => lab.recorded.length >= 11);
  await fault.undo();
  expect(lab.recorded[0]).toBe('a strike failed');
  const { value, least } = await fault.seen();
  expect(value).toBe(0);
  expect(least).toBeGreaterThanOrEqual(7); // of the ten that there was time for
});

test('every process is restarted in turn, each ready before the next, and that ends by itself', async () => {
  const lab = fakeLab(new FakeShop('gateway', 'orders'));
  const fault = await rollingRestart({ rounds: 2 }).start(lab);
  await fault.ended;
  await fault.undo();
  const round = ['restart gateway', 'ready', 'restart orders', 'ready'];
  expect(lab.shop.done).toEqual([...round, ...round]);
  expect(await fault.seen()).toEqual({ metric: 'processes restarted', value: 4, least: 4 });
});

test('restarts that are cut short end with the one under way, and less than all rounds was no fault', async () => {
  const lab = fakeLab(new FakeShop(...SHOP));
  const fault = await rollingRestart({ rounds: 9 }).start(lab);
  await fault.undo();
  const { value, least } = await fault.seen();
  expect(value).toBe(1);
  expect(least).toBe(36);
});

test('a process that does not come back from its restart is told when the fault is undone', async () => {
  const shop = new FakeShop('gateway', 'orders');
  shop.ready = () => Promise.reject(new Error('not ready: gateway'));
  const fault = await rollingRestart({ rounds: 1 }).start(fakeLab(shop));
  await expect(fault.undo()).rejects.toThrow('not ready: gateway');
});

test('a service that is stopped is gone with all its replicas, and comes back', async () => {
  const lab = fakeLab(new FakeShop(...SHOP));
  const fault = await stopService('inventory').start(lab);
  expect(lab.shop.pidOf('inventory-1')).toBeUndefined();
  await fault.undo();
  await fault.undo();
  expect(lab.shop.done).toEqual(['stop inventory', 'stop inventory-1', 'start inventory', 'start inventory-1']);
  expect(await fault.seen()).toEqual({ metric: 'processes gone', value: 2, least: 2 });
});

describe('a process that is paused', () => {
  let child: ChildProcess;
  beforeEach(async () => {
    child = spawn(process.execPath, ['-e', 'process.stdin.on("data", () => process.stdout.write("here"))']);
    await once(child, 'spawn');
  });
  afterEach(() => void child.kill('SIGKILL'));

  test('stands still by the word of the system, and goes on afterwards', async () => {
    const shop = new FakeShop('orders');
    shop.running.set('orders', child.pid ?? 0);
    const fault = await pause({ service: 'orders' }).start(fakeLab(shop));
    await fault.undo();
    expect(await fault.seen()).toEqual({ metric: 'processes that stood still', value: 1, least: 1 });
    child.stdin?.write('?');
    expect(String((await once(child.stdout ?? child, 'data'))[0])).toBe('here');
  });

  test('that has ended meanwhile is no obstacle', async () => {
    const shop = new FakeShop('orders');
    shop.running.set('orders', child.pid ?? 0);
    const fault = await pause({ names: ['orders'] }).start(fakeLab(shop));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await fault.undo();
  });
});
