import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { blockEventLoop, clockOff, leakMemory } from './index';
import { FakeShop, fakeLab } from '../test/fake-lab';

const TYPESCRIPT = join(__dirname, '../../workspace/typescript.cjs');
const required = (name: string) => ['--require', TYPESCRIPT, '--require', join(__dirname, 'preloads', `${name}.ts`)];

async function printed(preload: string, script: string, env: Record<string, string>): Promise<unknown> {
  const args = [...required(preload), '-p', `JSON.stringify(${script})`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...env, PATH: process.env['PATH'] } });
  return JSON.parse(stdout);
}

test('a clock that is off is off for whoever asks what time it is, and for nobody else', async () => {
  const script = `{ now: Date.now(), made: new Date().getTime(), told: new Date(1000).getTime(), text: Date(),
    same: new Date() instanceof Date, utc: Date.UTC(2026, 0, 1), again: new (new Date().constructor)().getTime(),
    began: performance.timeOrigin, passed: performance.now() }`;
  const seen = (await printed('clock', script, { STAMPEDE_LAB_CLOCK_MS: '-300000' })) as Record<string, number>;
  const then = Date.now() - 300_000;
  for (const name of ['now', 'made', 'again', 'began']) expect(Math.abs((seen[name] ?? 0) - then)).toBeLessThan(30_000);
  expect(Math.abs(Date.parse(String(seen['text'])) - then)).toBeLessThan(30_000);
  expect(seen).toMatchObject({ told: 1_000, same: true, utc: Date.UTC(2026, 0, 1) });
  expect(seen['passed']).toBeLessThan(30_000);
});

test('a signal makes a process compute and do nothing else', async () => {
  const script = `let last = performance.now(); setInterval(() => {
    const gap = performance.now() - last; last += gap; if (gap > 150) { console.log(gap); process.exit(); }
  }, 5); console.log('ready');`;
  const env = { ...process.env, STAMPEDE_LAB_BLOCK_MS: '200' };
  const child = spawn(process.execPath, [...required('block-event-loop'), '-e', script], { env });
  const chunks: string[] = [];
  child.stdout.on('data', (chunk) => void (chunks.push(String(chunk)) === 1 && child.kill('SIGUSR2')));
  await once(child, 'close');
  expect(Number(chunks.at(-1))).toBeGreaterThanOrEqual(200);
});

test('a signal makes a process keep more and more', async () => {
  const script = `const from = process.memoryUsage().heapUsed; console.log('ready'); setInterval(() => {
    globalThis.gc?.(); const grown = process.memoryUsage().heapUsed - from;
    if (grown > 30e6) { console.log(grown); process.exit(); } }, 50);`;
  const env = { ...process.env, STAMPEDE_LAB_LEAK_MB_PER_S: '100' };
  const child = spawn(process.execPath, ['--expose-gc', ...required('leak-memory'), '-e', script], { env });
  child.stdout.once('data', () => child.kill('SIGUSR2'));
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(0);
});

describe('seen from outside', () => {
  let pid: number;
  let end: () => void;
  beforeEach(async () => {
    const child = spawn(process.execPath, [
      '-e',
      "process.on('SIGUSR2', () => 1); setInterval(() => 1, 9); console.log(1)",
    ]);
    await once(child.stdout, 'data');
    pid = child.pid ?? 0;
    end = () => void child.kill('SIGKILL');
  });
  afterEach(() => end());

  function shopOf(service: string, figures: Record<string, number>): FakeShop {
    const shop = new FakeShop(service, 'catalog');
    shop.running.set(service, pid);
    for (const [name, value] of Object.entries(figures)) shop.figures.set(name, value);
    return shop;
  }

  test('a block is measured by the delay of timers, and a short one did not act', async () => {
    const options = { name: 'pricing', service: 'pricing', everyMs: 3_600_000 };
    const shop = shopOf('pricing', { nodejs_eventloop_delay_seconds: 1.97 });
    const fault = await blockEventLoop(options).start(fakeLab(shop));
    await fault.undo();
    expect(await fault.seen()).toMatchObject({ value: 1.97, least: 1.8 });
  });

  test('a leak is measured by the heap, and ends with a new process', async () => {
    const shop = shopOf('pricing', { nodejs_heap_bytes: 50 * 1_048_576 });
    const lab = fakeLab(shop);
    const fault = await leakMemory({ name: 'pricing', service: 'pricing' }).start(lab);
    shop.figures.set('nodejs_heap_bytes', 90 * 1_048_576);
    while ((await fault.seen()).value === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await fault.undo();
    expect(await fault.seen()).toMatchObject({ value: 40, least: 20 });
    expect(shop.done).toEqual(['restart pricing']);
  });

  test('a clock that nobody has moved is no fault', async () => {
    const shop = shopOf('payments', { process_start_time_seconds: 1_000_000 });
    const fault = await clockOff({ service: 'payments', offsetMs: 300_000, than: 'catalog' }).start(fakeLab(shop));
    expect(await fault.seen()).toMatchObject({ value: 0, least: 240 });
  });
});
