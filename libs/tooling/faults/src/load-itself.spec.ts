import type { Lab } from './lab';
import { moreThanCapacity } from './load-itself';

const lab = {} as Lab;
const told = [{ what: 'capacity', detail: { perSecond: 10 } }];
const every = (stepMs: number, attempt: number) =>
  Array.from({ length: 4_000 / stepMs }, (_, index) => ({ atMs: index * stepMs, attempt }));

test('a crowd is seen by how many come, each counted once, as a multiple of what the shop can do', async () => {
  const crowd = await moreThanCapacity('4 times', { leastTimes: 3 }).start(lab);
  const load = { calls: [...every(25, 1), ...every(25, 2)], told, fromMs: 1_000, toMs: 3_000 };
  expect(await crowd.seen(load)).toMatchObject({ value: 4, least: 3 });
});

test('where nobody has measured what the shop can do, no crowd is seen', async () => {
  const crowd = await moreThanCapacity('4 times', { leastTimes: 3 }).start(lab);
  expect(await crowd.seen({ calls: every(25, 1), told: [], fromMs: 1_000, toMs: 3_000 })).toMatchObject({ value: 0 });
  expect(await crowd.seen()).toMatchObject({ value: 0 });
});
