import { cellInWords } from './cell';
import { batchesOf, cellsAbout } from './line-cells';

const about = (wall: 'mesh' | 'network', words: string) => cellsAbout({ words, wall }).map(cellInWords);

test('a line of the mesh is about its caller, its callee, its method and its path', () => {
  expect(about('mesh', 'inventory-from-orders POST /holds/{*}/claim')).toEqual([
    'orders POST inventory /holds/{holdId}/claim',
  ]);
  expect(about('mesh', 'gateway-from-edge')).toContain('edge-istio GET gateway /nobody-offers-this');
  expect(about('mesh', 'deny-all')).toContain('default GET billing /nobody-offers-this');
});

test('a line of the network is about the two ends of one way', () => {
  expect(about('network', 'orders egress to inventory')).toEqual(['orders-bare connects to inventory:8080']);
  expect(about('network', 'gateway ingress from edge')).toEqual(['edge-bare connects to gateway:8080']);
  expect(about('network', 'deny-all-but-customers ingress from stampede of payments')).toEqual([
    'payments-bare connects to payment-provider:8080',
  ]);
});

const line = (wall: 'mesh' | 'network', words: string) => ({
  ...{ line: { wall, policy: words.split(' ')[0] ?? '' }, cells: cellsAbout({ words, wall }), words },
});

test('what refuses everybody is gone alone, for what is refused without it would tell nothing of the others', () => {
  const lines = [line('mesh', 'audit-from-gateway GET /audit'), line('mesh', 'deny-all')];
  expect(batchesOf(lines)).toHaveLength(2);
});

test('lines of one policy, and both ends of one way, are never gone together', () => {
  const lines = [
    line('network', 'orders egress to inventory'),
    line('network', 'inventory ingress from orders'),
    line('network', 'orders egress to payments'),
    line('network', 'catalog ingress from gateway'),
    line('mesh', 'orders-from-gateway GET /orders'),
  ];
  expect(batchesOf(lines).map((batch) => batch.map(({ words }) => words))).toEqual([
    ['orders egress to inventory', 'catalog ingress from gateway', 'orders-from-gateway GET /orders'],
    ['inventory ingress from orders', 'orders egress to payments'],
  ]);
});
