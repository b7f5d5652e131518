import { Recent } from './recent';

let nowMs = 0;
let loads: string[];
const recent = () => new Recent<string>(500, 2, 0, () => nowMs);
const load = (name: string) => async () => {
  loads.push(name);
  return name;
};
beforeEach(() => {
  loads = [];
});

test('a crowd that asks at the same time causes one load, and so does one that asks soon after', async () => {
  const cache = recent();
  await Promise.all([1, 2, 3].map(() => cache.get('a', load('a'))));
  nowMs += 499;
  await cache.get('a', load('a'));
  expect(loads).toEqual(['a']);
  nowMs += 1;
  await cache.get('a', load('a again'));
  expect(loads).toEqual(['a', 'a again']);
});

test('a failure is told to those who wait for it, and the next one tries again', async () => {
  const cache = recent();
  const failing = () => Promise.reject(new Error('away'));
  await expect(Promise.all([cache.get('a', failing), cache.get('a', failing)])).rejects.toThrow('away');
  expect(await cache.get('a', load('a'))).toBe('a');
});

test('only so many are kept', async () => {
  const cache = recent();
  for (const key of ['a', 'b', 'c', 'b', 'a']) await cache.get(key, load(key));
  expect(loads).toEqual(['a', 'b', 'c', 'a']);
});

describe('with an old value that is still good enough', () => {
  const patient = () => new Recent<string>(500, 2, 2_000, () => nowMs);

  test('nobody waits for the new one, which is loaded once', async () => {
    const cache = patient();
    await cache.get('a', load('old'));
    nowMs += 500;
    const slow = Promise.withResolvers<string>();
    expect(await cache.get('a', () => slow.promise)).toBe('old');
    expect(await cache.get('a', load('never'))).toBe('old');
    slow.resolve('new');
    await slow.promise;
    expect(await cache.get('a', load('never'))).toBe('new');
    expect(loads).toEqual(['old']);
  });

  test('a load that fails costs nothing until the old value is too old', async () => {
    const cache = patient();
    await cache.get('a', load('old'));
    const failing = () => Promise.reject(new Error('away'));
    for (const passedMs of [500, 1_000, 999]) {
      nowMs += passedMs;
      expect(await cache.get('a', failing)).toBe('old');
    }
    nowMs += 1;
    await expect(cache.get('a', failing)).rejects.toThrow('away');
  });
});
