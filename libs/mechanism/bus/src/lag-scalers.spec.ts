import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { groupIdOf } from './broker-delivery';

const manifest = resolve(__dirname, '../../../../k8s/scaling/lag/scaled-objects.yaml');

test('what scales consumers looks at the groups that they really read in', () => {
  const scalers = readFileSync(manifest, 'utf8')
    .split('---')
    .flatMap((text) => {
      const service = /metadata: \{ name: (\w+)/.exec(text)?.[1] ?? '';
      return [...text.matchAll(/consumerGroup: (\S+)\n\s+topic: (\S+)/g)].map(([, group, topic = '']) => ({
        group,
        expected: groupIdOf(service, topic),
      }));
    });
  expect(scalers.map(({ group }) => group)).toEqual(scalers.map(({ expected }) => expected));
  expect(scalers).toHaveLength(3);
});
