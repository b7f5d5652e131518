import {
  inTurn,
  lasting,
  loadItself,
  providerLosesAnswers,
  redisFlushed,
  serverGone,
  serverRestart,
  toxics,
} from './index';
import { FakeProxy, FakeShop, fakeLab } from '../test/fake-lab';

function shopWith(target: string, ...proxies: FakeProxy[]): FakeShop {
  const shop = new FakeShop('orders');
  shop.proxied.set(target, proxies);
  return shop;
}

test('every way to the target is poisoned, then plain again, and what the proxies did is counted', async () => {
  const proxies = [new FakeProxy(), new FakeProxy()];
  for (const proxy of proxies) proxy.acted = 7; // by an earlier fault
  const fault = await toxics('inventory', { latencyMs: 1_000, ratio: 0.5 }).start(
    fakeLab(shopWith('inventory', ...proxies)),
  );
  expect(proxies.map((proxy) => proxy.toxics)).toEqual(Array(2).fill({ latencyMs: 1_000, ratio: 0.5 }));
  for (const proxy of proxies) proxy.acted += 2;
  await fault.undo();
  expect(proxies.map((proxy) => proxy.toxics)).toEqual([{}, {}]);
  expect(await fault.seen()).toEqual({ metric: 'exchanges with inventory acted on', value: 4, least: 1 });
});

test('a fault that lasts must act every other second at least', async () => {
  const now = jest.spyOn(performance, 'now').mockReturnValue(0);
  const proxy = new FakeProxy();
  const fault = await toxics('inventory', { latencyMs: 1_000 }).start(fakeLab(shopWith('inventory', proxy)));
  now.mockReturnValue(15_000);
  await fault.undo();
  now.mockRestore();
  expect(await fault.seen()).toMatchObject({ value: 0, least: 7 });
});

test('one replica alone can be the sick one, and one that there is not is named', async () => {
  const proxies = [new FakeProxy(), new FakeProxy()];
  const lab = fakeLab(shopWith('inventory', ...proxies));
  await toxics('inventory', { blackHole: true }, { replicas: [1] }).start(lab);
  expect(proxies.map((proxy) => proxy.toxics)).toEqual([{}, { blackHole: true }]);
  await expect(toxics('inventory', {}, { replicas: [2] }).start(lab)).rejects.toThrow('no replica 2 among 2');
});

test('a metric can tell in place of the proxies that something acts', async () => {
  const shop = shopWith('catalog', new FakeProxy());
  shop.figures.set('stampede_retries_total', 10);
  const seenBy = { metric: 'stampede_retries_total', least: 5 };
  const fault = await toxics('catalog', { refuse: true }, { seenBy }).start(fakeLab(shop));
  shop.figures.set('stampede_retries_total', 16);
  await fault.undo();
  expect(await fault.seen()).toEqual({ metric: 'stampede_retries_total', value: 6, least: 5 });
});

test('a fault says in its name what it does', () => {
  expect(providerLosesAnswers(0.2).name).toBe('answers lost for 20 % on the way to payment-provider');
  expect(toxics('orders', { latencyMs: 5, jitterMs: 9 }).name).toBe(
    '+5 ms each way, up to 9 ms of jitter on the way to orders',
  );
});

test('a load that is the fault itself is seen by what the shop counts, and not told while nobody answers', async () => {
  const shop = new FakeShop('orders');
  const tooMany = loadItself('eight times too many', { metric: 'stampede_shed_total', least: 1 });
  await expect(tooMany.start(fakeLab(shop))).rejects.toThrow('nobody answers'); // else all that was ever shed is seen
  shop.figures.set('stampede_shed_total', 0);
  const fault = await tooMany.start(fakeLab(shop));
  expect((await fault.seen()).value).toBe(0);
  shop.figures.set('stampede_shed_total', 40);
  await fault.undo();
  expect((await fault.seen()).value).toBe(40);
});

test('a fault for a time is undone when it is over, and before that when somebody says so', async () => {
  const proxy = new FakeProxy();
  const lab = fakeLab(shopWith('orders', proxy));
  const short = await lasting(1, toxics('orders', { refuse: true })).start(lab);
  await short.ended;
  expect(proxy.toxics).toEqual({});
  const long = await lasting(3_600_000, toxics('orders', { refuse: true })).start(lab);
  await long.undo();
  await long.ended;
  expect(proxy.toxics).toEqual({});
});

test('of faults in turn each has its time, and the one that did not act is told', async () => {
  const [first, second] = [new FakeProxy(), new FakeProxy()];
  const shop = shopWith('pricing', first);
  shop.proxied.set('catalog', [second]);
  const fault = await inTurn(
    { forMs: 1, fault: toxics('pricing', { refuse: true }) },
    { forMs: 1, fault: toxics('catalog', { refuse: true }) },
  ).start(fakeLab(shop));
  first.acted = 3;
  await fault.ended;
  await fault.undo();
  expect([first.toxics, second.toxics]).toEqual([{}, {}]);
  expect(await fault.seen()).toMatchObject({ metric: 'exchanges with catalog acted on', value: 0 });
});

test('faults in turn that are cut short leave nothing broken, and were not all seen', async () => {
  const proxy = new FakeProxy();
  const step = { forMs: 3_600_000, fault: toxics('pricing', { refuse: true }) };
  const fault = await inTurn(step, step).start(fakeLab(shopWith('pricing', proxy)));
  await fault.undo();
  proxy.acted = 9;
  expect(proxy.toxics).toEqual({});
  expect(await fault.seen()).toEqual({ metric: 'faults started', value: 1, least: 2 });
});

test('Redis is killed and comes back, a broker is restarted, and both are seen to refuse', async () => {
  const lab = fakeLab(new FakeShop());
  const gone = await serverGone('redis').start(lab);
  expect(lab.shop.done).toEqual(['SIGKILL redis']);
  await gone.undo();
  const restart = await serverRestart('kafka').start(lab);
  await restart.ended;
  await restart.undo();
  expect(lab.shop.done).toEqual(['SIGKILL redis', 'start redis', 'SIGTERM kafka', 'start kafka']);
  expect(await gone.seen()).toEqual({ metric: 'connections that redis refused', value: 1, least: 1 });
  expect((await restart.seen()).value).toBe(1);
});

test('a Redis that is not there cannot be flushed', async () => {
  await expect(redisFlushed().start(fakeLab(new FakeShop()))).rejects.toThrow();
});
