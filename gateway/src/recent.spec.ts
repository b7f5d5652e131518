import { Recent } from './recent';

let nowMs = 0;
let loads: string[];
const recent = () => new Recent<string>(500, 2, () => nowMs);
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
