import { Unavailable, type OpenShopOptions, type ShopInLab, type World } from '@stampede/prove/world';
import { Refusal } from '@stampede/supervisor';
import { worldWithK6 } from './world-with-k6';

const shop = {} as ShopInLab;
const world = { openShop: () => Promise.resolve(shop) } as unknown as World;
const options = {} as OpenShopOptions;

test('without k6 a claim cannot be tried, and no shop is started for it', async () => {
  const openShop = jest.fn(world.openShop);
  const bare = worldWithK6({ ...world, openShop }, () => Promise.reject(new Refusal('load needs k6 v2')));
  await expect(bare.openShop(options)).rejects.toThrow('load needs k6 v2');
  await expect(bare.openShop(options)).rejects.toBeInstanceOf(Unavailable);
  expect(openShop).not.toHaveBeenCalled();
});

test('with it the shop is the same, and a shop that does not start is no missing part', async () => {
  const found = () => Promise.resolve();
  await expect(worldWithK6(world, found).openShop(options)).resolves.toBe(shop);
  const broken = { ...world, openShop: () => Promise.reject(new Refusal('it does not start')) };
  await expect(worldWithK6(broken, found).openShop(options)).rejects.toBeInstanceOf(Refusal);
});
