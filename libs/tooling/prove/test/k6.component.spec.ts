import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startLoad, type K6LoadResult } from '../src/k6';
import { FakeShop } from './fake-shop';

const root = join(__dirname, '..', '..', '..', '..');
const hasK6 = /^k6 v2\./m.test(spawnSync('k6', ['version'], { encoding: 'utf8' }).stdout ?? '');

// where there is none, they are reported as skipped; `prove` itself then says how to get it
(hasK6 ? describe : describe.skip)('buyers sent by k6 (needs k6 v2 on the PATH)', () => {
  let shop: FakeShop;
  let folder: string;

  beforeEach(async () => {
    shop = await FakeShop.open();
    folder = mkdtempSync(join(tmpdir(), 'stampede-load-'));
  });

  afterEach(() => {
    shop.close();
    rmSync(folder, { recursive: true });
  });

  const timing = { steadyMs: 600, faultMs: 600, recoveryMs: 800 };
  const start = (settings: Record<string, unknown>, signal = new AbortController().signal) =>
    startLoad({
      root,
      scenario: 'buy',
      url: shop.url,
      folder,
      signal,
      settings: { ...timing, seed: 3, tokens: { organiser: 'token' }, thresholds: {}, ...settings },
    });
  const ordersIn = ({ calls }: K6LoadResult) => calls.filter(({ route }) => route === 'place-order');

  test('an order whose answer is lost is asked for again under its key, and is seen to be a replay', async () => {
    shop.onOrder = (attempt) => (attempt === 1 ? 'lose' : 'answer');
    const load = start({ ordersPerSecond: 5, pagesPerSecond: 5, backoffMs: 20, connections: 'new' });
    expect(Math.abs((await load.began) - Date.now())).toBeLessThan(1_000);
    const result = await load.finished;
    const keys = Map.groupBy(shop.placed, ({ key }) => key);
    expect(keys.size).toBe(shop.emails.size);
    expect([...keys.values()].every((attempts) => attempts.length === 2)).toBe(true);
    expect(
      ordersIn(result)
        .filter(({ attempt }) => attempt === 1)
        .every(({ status }) => status === 0),
    ).toBe(true);
    expect(ordersIn(result).some(({ failed }) => failed)).toBe(false);
    const orders = result.seen.filter(({ what }) => what === 'order');
    expect(orders).toHaveLength(keys.size);
    expect(orders.every(({ detail }) => detail['replayed'] === true && keys.has(String(detail['key'])))).toBe(true);
    expect(result.seen.filter(({ what }) => what === 'tickets')).toHaveLength(keys.size);
    expect(result.seen.find(({ what }) => what === 'degraded')?.detail).toEqual({ parts: ['pricing'] });
    expect(result.droppedRatio).toBe(0);
  });

  test('a refusal is waited out for as long as the shop asks, and a caller who gives up has failed', async () => {
    shop.onOrder = () => 'refuse';
    const result = await start({ ordersPerSecond: 2, pagesPerSecond: 0, attempts: 2 }).finished;
    for (const attempts of Map.groupBy(shop.placed, ({ key }) => key).values()) {
      expect(attempts).toHaveLength(2);
      expect((attempts[1]?.at ?? 0) - (attempts[0]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
    }
    expect(ordersIn(result).map(({ attempt, failed }) => failed === (attempt === 2))).not.toContain(false);
    expect(result.seen.some(({ what }) => what === 'no-retry-after')).toBe(false);
    expect(result.summary.metrics['gave_up']?.values['passes']).toBeGreaterThan(0);
  });

  test('a threshold that is crossed is a result', async () => {
    const thresholds = { 'http_req_duration{route:event-page,phase:fault}': ['p(99)<0'] };
    const result = await start({ ordersPerSecond: 0, pagesPerSecond: 10, thresholds }).finished;
    const [metric, limits] = Object.entries(thresholds)[0] ?? ['', ['']];
    expect(result.summary.metrics[metric]?.thresholds?.[limits[0] ?? '']).toEqual({ ok: false });
    expect(result.summary.metrics[metric]?.values['count']).toBeGreaterThan(2);
  });

  test('the same seed makes the same keys', async () => {
    await start({ ordersPerSecond: 3, pagesPerSecond: 0 }).finished;
    const first = new Set(shop.placed.splice(0).map(({ key }) => key));
    await start({ ordersPerSecond: 3, pagesPerSecond: 0 }).finished;
    expect(shop.placed.filter(({ key }) => first.has(key)).length).toBeGreaterThanOrEqual(first.size - 1);
  });

  test('a setting that the scenario does not have ends the run before a request is made', async () => {
    const load = start({ orderPerSecond: 3 });
    await expect(load.finished).rejects.toThrow(/k6 ended with exit code \d+\n[^]*settings orderPerSecond/);
    await expect(load.began).rejects.toThrow('orderPerSecond');
    expect(shop.emails.size).toBe(0);
  });

  test('an interrupted load ends k6 and says why it ended', async () => {
    const interrupt = new AbortController();
    const load = start({ recoveryMs: 12_000, pagesPerSecond: 2, ordersPerSecond: 0 }, interrupt.signal);
    await load.began;
    const interruptedAt = Date.now();
    interrupt.abort(new Error('interrupted'));
    await expect(load.finished).rejects.toThrow('interrupted');
    expect(Date.now() - interruptedAt).toBeLessThan(6_000); // not when it would have ended anyway
  });

  test('a prover that is killed takes its k6 with it within five seconds', async () => {
    const settings = { ...timing, recoveryMs: 60_000, seed: 3, tokens: { organiser: 'token' }, ordersPerSecond: 0 };
    const options = JSON.stringify({ root, scenario: 'buy', url: shop.url, folder, settings });
    const script = `require(${JSON.stringify(join(__dirname, '..', 'dist', 'k6.js'))}).startLoad(
      { ...${options}, signal: new AbortController().signal }).began.then(() => console.log('begun'))`;
    const prover = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(prover.stdout, 'data');
    const k6 = childrenOf(prover.pid ?? 0).filter(({ name }) => name === 'k6');
    expect(k6).toHaveLength(1);
    prover.kill('SIGKILL');
    const killedAt = Date.now();
    while (k6.some(({ pid }) => runs(pid))) {
      expect(Date.now() - killedAt).toBeLessThan(5_000);
      await delay(100);
    }
  });
});

function childrenOf(parent: number): { pid: number; name: string }[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=,comm=', '--ppid', String(parent)], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, name = '']) => ({ pid: Number(pid), name }));
}

/** One that has ended and waits for its parent to notice does not run. */
function runs(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}
