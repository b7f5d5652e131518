import { takePortMap, type PortMap } from './port-map';

const taken: PortMap[] = [];
afterEach(() => taken.splice(0).forEach((map) => map.release()));

async function take(but?: number[]): Promise<number> {
  const map = await takePortMap(but);
  taken.push(map);
  return map.base;
}

test('two tests at the same time have no port in common', async () => {
  const [mine, theirs] = [await take(), await take()];
  expect(Math.abs(mine - theirs)).toBeGreaterThan(1_200);
});

test('where something else listens, another part is taken', async () => {
  const { base } = await takePortMap().then((map) => (map.release(), map));
  expect(await take([base])).not.toBe(base);
});
