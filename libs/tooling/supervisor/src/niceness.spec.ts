import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { becomeNice } from './niceness';

test('the edge has the processor first, then those behind it, and last what no buyer waits for', async () => {
  const own = getPriority();
  const priorities = [];
  for (const service of ['gateway', 'orders', 'billing']) {
    const child = spawn('sleep', ['60']);
    becomeNice(child.pid, service);
    priorities.push(getPriority(child.pid));
    child.kill();
    await once(child, 'exit');
  }
  expect(priorities).toEqual([own, own + 5, own + 10].map((nice) => Math.min(nice, 19)));
});

test('a process that is gone already is left alone', () => {
  expect(() => becomeNice(undefined, 'orders')).not.toThrow();
  expect(() => becomeNice(2 ** 22, 'orders')).not.toThrow();
});
