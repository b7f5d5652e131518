import type { LabShop } from '@stampede/faults';
import { Sampler } from '../src/sampler';
import { FakeWorld } from './fake-world';

const FOREVER = new AbortController().signal;

/** What was sampled in 6.5 s of a shop whose metrics are read so. */
async function sampled(read: (metric: string, atSecond: number, world: FakeWorld) => number | Promise<number>) {
  const world = new FakeWorld({ failuresPerSecond: () => 0 });
  const beganAt = world.now();
  const metric = async (name: string) => read(name, (world.now() - beganAt) / 1_000, world);
  const sampler = new Sampler(world, { metric } as unknown as LabShop);
  sampler.start(beganAt);
  await world.delay(6_500, FOREVER);
  await sampler.stop();
  return sampler.series;
}

test('a second in which a figure cannot be read is empty, and no other figure moves', async () => {
  const series = await sampled((name, at) => {
    if (name === 'stampede_saga_open' && (at === 2 || at === 3)) throw new Error('nobody answers');
    return at;
  });
  expect(series['open sagas']).toEqual([0, 1, null, null, 4, 5, 6]);
  expect(series['dead letters']).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('an answer that comes late is the figure of no second, and those after it stay where they belong', async () => {
  const series = await sampled(async (name, at, world) => {
    if (name === 'stampede_retries_total' && at === 1) await world.delay(2_500, FOREVER);
    return at;
  });
  expect(series['retries']).toEqual([0, null, null, 3.5, 4, 5, 6]);
  expect(series['dead letters']).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('a figure that never could be read has its column, empty', async () => {
  const series = await sampled(() => {
    throw new Error('nobody answers');
  });
  expect(series['unpublished events']).toEqual(Array.from({ length: 7 }, () => null));
});
