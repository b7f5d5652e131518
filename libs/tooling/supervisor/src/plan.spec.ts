import { SERVICES } from '@stampede/topology';
import { inOneProcess, parseReplicas, planShop } from './plan';

const plan = planShop('/shop', {}, { inventory: 3 }, '/state');
const named = (name: string) => plan.processes.find((process) => process.name === name);

test('the provider starts first and the gateway last', () => {
  expect(plan.processes[0]?.name).toBe('payment-provider');
  expect(plan.processes.at(-1)?.name).toBe('gateway');
});

test('a caller is told every replica of its peers, and of nobody else', () => {
  expect(named('orders')?.env).toMatchObject({
    ORDERS_PORT: '8140',
    ORDERS_ADMIN_PORT: '9140',
    INVENTORY_URLS: 'http://127.0.0.1:8130,http://127.0.0.1:8131,http://127.0.0.1:8132',
    PAYMENTS_URLS: 'http://127.0.0.1:8150',
  });
  expect(named('orders')?.env).not.toHaveProperty('CATALOG_URLS');
  expect(named('orders')?.env).not.toHaveProperty('PROVIDER_URL');
  expect(named('payments')?.env).toMatchObject({ PROVIDER_URL: 'http://127.0.0.1:8090' });
});

test('each replica has its own name, number and ports', () => {
  expect(named('inventory-2')).toMatchObject({
    service: 'inventory',
    replica: 2,
    env: { INVENTORY_PORT: '8132', INVENTORY_ADMIN_PORT: '9132', STAMPEDE_REPLICA: '2' },
  });
});

test('whoever calls is stopped before those it calls, and the provider last', () => {
  const wave = (name: string) => named(name)?.stopWave ?? NaN;
  expect(wave('gateway')).toBeLessThan(wave('orders'));
  expect(wave('orders')).toBeLessThan(wave('payments'));
  expect(wave('orders')).toBeLessThan(wave('inventory'));
  expect(wave('notifications')).toBeGreaterThan(wave('gateway'));
  expect(Math.max(...plan.processes.map(({ stopWave }) => stopWave))).toBe(wave('payment-provider'));
});

test('one base moves every port', () => {
  const moved = planShop('/shop', { STAMPEDE_PORT_BASE: '20000' }, {}, '/state');
  expect(moved.storefrontUrl).toBe('http://localhost:20080');
  expect(moved.processes.flatMap(({ endpoints }) => endpoints).every(({ port }) => port >= 20_000)).toBe(true);
});

test('in one process, all services run with all their settings, and the provider stays outside', () => {
  const single = inOneProcess(planShop('/shop', {}, {}, '/state'));
  expect(single.processes.map(({ name }) => name)).toEqual(['payment-provider', 'shop']);
  expect(single.processes[1]?.scripts).toHaveLength(SERVICES.length);
  expect(single.processes[1]?.env).toMatchObject({ ORDERS_PORT: '8140', GATEWAY_PORT: '8080' });
});

test.each([
  ['nobody=2', /no service is called "nobody"/],
  ['inventory=11', /inventory can have 1 to 10 replicas/],
  ['inventory=0', /inventory can have 1 to 10 replicas/],
  ['inventory', /inventory can have 1 to 10 replicas/],
])('--replicas %s is refused in one line', (text, line) => {
  expect(() => parseReplicas(text)).toThrow(line);
});

test('--replicas may name several services', () => {
  expect(parseReplicas('inventory=3, orders=2')).toEqual({ inventory: 3, orders: 2 });
});
