import { resolve } from 'node:path';
import type { Commands } from '@stampede/cluster';
import { handBack } from '../src';
import { FakeCluster } from './fake-cluster';

const root = resolve(__dirname, '../../../..');

function machine(there: boolean) {
  const lines: string[] = [];
  const commands: Commands = (program, args) => {
    lines.push([program, ...args].join(' '));
    const stdout = /get canary/.test(lines.at(-1) ?? '') ? (there ? 'canary.flagger.app/pricing' : '') : '3';
    return Promise.resolve({ code: 0, stdout, stderr: '' });
  };
  return { commands, lines };
}

test('pricing answers itself before Flagger’s copy is taken away', async () => {
  const { commands, lines } = machine(true);
  const cluster = new FakeCluster();
  cluster.current = 'v2';
  await handBack(root, commands, cluster);
  expect(cluster.done).toEqual(['want v2']);
  const done = lines.map((line) => /(suspend|scale|rollout|patch service|apply|delete canary|wait)/.exec(line)?.[1]);
  expect(done.filter((word) => word !== undefined)).toEqual([
    ...['suspend', 'scale', 'rollout', 'patch service', 'apply', 'delete canary', 'wait'],
  ]);
  expect(lines.find((line) => line.includes('scale'))).toContain('--replicas=3');
});

test('where nothing was released there is nothing to do', async () => {
  const { commands, lines } = machine(false);
  await handBack(root, commands, new FakeCluster());
  expect(lines).toHaveLength(1);
});
