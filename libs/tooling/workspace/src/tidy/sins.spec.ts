import type { SourceFile } from '../files';
import { deadLinks } from './docs';
import { graphFindings, type NxGraph } from './graph';
import { houseRules } from './house';

const service = 'services/orders/src/place-order.controller.ts';
const spec = 'services/orders/src/order.spec.ts';
const library = 'libs/mechanism/saga/src/saga.ts';
const model = 'libs/model/money/src/money.ts';
const scenario = 'load-tests/scenarios/buy.k6.ts';

const packageOf = (
  folder: string,
  name: string,
  level: string,
  dependencies: Record<string, string> = {},
): SourceFile => ({
  path: `${folder}/package.json`,
  text: JSON.stringify({
    name: `@stampede/${name}`,
    exports: { '.': '' },
    dependencies,
    nx: { tags: [`level:${level}`] },
  }),
});
const packages = [
  packageOf('services/orders', 'orders', 'service', {
    '@stampede/saga': '1.0.0',
    '@stampede/crowd': '1.0.0',
    '@stampede/inventory': '1.0.0',
  }),
  packageOf('services/inventory', 'inventory', 'service'),
  packageOf('libs/mechanism/saga', 'saga', '1', { '@nestjs/common': '12.0.0', '@stampede/service-kit': '1.0.0' }),
  packageOf('libs/service-kit', 'service-kit', '2'),
  packageOf('libs/tooling/crowd', 'crowd', '3'),
  packageOf('libs/model/money', 'money', '0'),
];

/** Each rule with a file that must offend it, and one beside it that must not. */
const sins: [rule: string, path: string, sinful: string, virtuous: string][] = [
  ['size', service, 'const line = 1;\n'.repeat(301), 'const line = 1;\n'.repeat(300)],
  ['size', service, `// ${'long '.repeat(30)}`, '// short'],
  ['fileNames', 'services/orders/src/PlaceOrder.ts', '', ''],
  ['fileNames', 'services/orders/src/order-utils.ts', '', ''],
  ['fileNames', 'libs/common/src/index.ts', '', ''],
  ['typeNames', service, 'interface IOrder {}', 'interface Invoice {}'],
  ['typeNames', service, 'export class OrderManager {}', 'export class Order {}'],
  ['typeNames', service, 'abstract class Repository {}', 'export abstract class DomainError extends Error {}'],
  ['comments', service, '// TODO later', '// TODO(#12) later'],
  ['comments', service, '/* FIXME */', 'const name = "FIXME";'],
  ['comments', service, '// const order = place();', '// the saga places the order'],
  ['comments', service, '/** @param {string} id the order */', '/** @param id the order */'],
  ['consoleUse', service, "console.log('hold');", "// console.log('hold') would not reach the log\n"],
  ['tests', spec, "test.only('an order', () => {});", 'const when = kafka ? describe : describe.skip;'],
  ['tests', spec, "it('should place an order', f);", "test('an order is placed once', f);"],
  ['tests', spec, "jest.mock('./order');", "jest.mock('undici');"],
  ['tests', spec, "  expect(place()).rejects.toThrow('x');", "  await expect(place()).rejects.toThrow('x');"],
  ['imports', service, "import { hold } from '@stampede/inventory';", "import { saga } from '@stampede/saga';"],
  ['imports', service, "import { hold } from '../../inventory/src/hold';", "import { order } from './order';"],
  ['imports', service, "import { buy } from '@stampede/crowd';", ''],
  ['imports', service, "import { saga } from '@stampede/saga/src/saga';", ''],
  ['imports', service, "import { z } from 'zod';", ''],
  ['imports', library, "import { Module } from '@nestjs/common';", ''],
  ['imports', library, "import { boot } from '@stampede/service-kit';", ''],
  ['imports', model, "import { readFile } from 'node:fs';", ''],
  ['loadScripts', scenario, "import { Order } from '@stampede/contracts';", "import { check } from 'k6';"],
  ['loadScripts', scenario, "import { look } from '../client/buyer';", "import { look } from '../client/buyer.ts';"],
  ['loadScripts', scenario, "import { setup } from './browse.k6.ts';", "import exec from 'k6/execution';"],
  [
    'loadScripts',
    'load-tests/client/call.ts',
    "import { readFile } from 'node:fs';",
    "import { t } from './clock.ts';",
  ],
  ['consoleUse', 'load-tests/client/call.ts', "console.log('order');", ''],
  ['purity', model, 'const now = Date.now();', 'const then = new Date(atMs);'],
  ['environment', service, "const url = process.env['INVENTORY_URLS'];", 'const url = config.peers;'],
  ['environment', service, "if (mode === 'production') return;", ''],
  ['environment', service, "const url = 'http://localhost:8130';", "const type = 'https://stampede.example/problems';"],
  [
    'environment',
    'services/orders/src/config.ts',
    "X_URLS: urlList({ default: ['http://x'] })",
    "X_URLS: urlList({ why: 'peers' })",
  ],
  [
    'transactions',
    service,
    'db.transaction(async (tx) => { await this.peers.inventory.readHold({ holdId }); });',
    'await this.peers.inventory.readHold({ holdId }); db.transaction(async (tx) => insertOrder(tx));',
  ],
  ['faultSwitches', service, 'if (config.injectFault) throw x;', 'const faultless = true;'],
  ['catches', service, 'try { place(); } catch {}', 'try { place(); } catch {\n  // placed before\n}'],
  ['mitigations', service, "mitigated('nowhere', on, off)", ''],
  ['mitigations', 'libs/model/topology/src/mitigations.ts', "[{ id: 'never-wired' }]", '[]'],
  ['migrationNames', 'services/orders/migrations/0002_order.sql', '', ''],
  [
    'expandingMigrations',
    'services/orders/migrations/0001_x.sql',
    'alter table o drop column x;',
    '-- contract: 0.2.0\nalter table o drop column x;',
  ],
  [
    'exactVersions',
    'services/orders/package.json',
    '{"dependencies":{"zod":"^4.0.0"}}',
    '{"dependencies":{"zod":"4.0.0"}}',
  ],
];

test.each(sins)('%s: a sin planted in %s is seen', (name, path, sinful) => {
  const others = packages.filter((file) => file.path !== path);
  expect(houseRules[name]?.([...others, { path, text: sinful }]).map((finding) => finding.path)).toContain(path);
});

test.each(sins.filter(([, , sinful, virtuous]) => sinful !== virtuous))(
  '%s: nothing is wrong in %s when it is done right',
  (name, path, _, text) => {
    const others = packages.filter((file) => file.path !== path);
    expect(houseRules[name]?.([...others, { path, text }])).toEqual([]);
  },
);

test('no rule is without its sin', () => {
  const proven = new Set(sins.map(([rule]) => rule));
  expect(Object.keys(houseRules).filter((rule) => !proven.has(rule))).toEqual(['oneVersion']);
});

test('two versions of one package are seen', () => {
  const one = { path: 'services/orders/package.json', text: '{"dependencies":{"zod":"4.0.0"}}' };
  const two = { path: 'services/billing/package.json', text: '{"dependencies":{"zod":"4.0.1"}}' };
  expect(houseRules['oneVersion']?.([one, two])).toHaveLength(1);
  expect(houseRules['oneVersion']?.([one, { ...two, text: one.text }])).toEqual([]);
});

test('strings, templates and regular expressions are not taken for comments', () => {
  const text = 'const a = "// FIXME"; const b = `/* FIXME ${c("}")} // FIXME`; const d = /[/*] FIXME/; // fine';
  expect(houseRules['comments']?.([{ path: service, text }])).toEqual([]);
});

test('a link to nowhere and a heading that is not there are seen', () => {
  const there = { path: 'docs/saga.md', text: '# The saga\n## Why a lease?\n' };
  const look = (link: string) =>
    deadLinks(new Set([there.path, 'README.md', 'docs']))([there, { path: 'README.md', text: `see [it](${link})` }]);
  expect(look('docs/gone.md')).toHaveLength(1);
  expect(look('docs/saga.md#why-none')).toHaveLength(1);
  for (const link of ['docs/saga.md', 'docs/saga.md#why-a-lease', 'docs/', 'https://example.org/x'])
    expect(look(link)).toEqual([]);
});

test('an edge that the levels forbid and a cycle are seen in a project graph', () => {
  const graph = (dependencies: Record<string, string[]>): NxGraph => ({
    nodes: Object.fromEntries(
      [
        ['orders', 'service'],
        ['inventory', 'service'],
        ['saga', '1'],
        ['db', '1'],
        ['kv', '1'],
        ['money', '0'],
      ].map(([name, level]) => [name ?? '', { data: { tags: [`level:${level}`] } }]),
    ),
    dependencies: Object.fromEntries(
      Object.entries(dependencies).map(([from, targets]) => [from, targets.map((target) => ({ target }))]),
    ),
  });
  expect(graphFindings(graph({ orders: ['saga', 'npm:zod'], saga: ['db'], db: ['money'] }))).toEqual([]);
  expect(graphFindings(graph({ orders: ['inventory'] }))).toEqual([
    'orders -> inventory: nobody imports a service: they meet on the wire',
  ]);
  expect(graphFindings(graph({ kv: ['saga'] }))).toEqual(['kv -> saga: level 1 uses lower levels alone']);
  expect(graphFindings(graph({ saga: ['db'], db: ['saga'] }))).toEqual([
    'db -> saga: level 1 uses lower levels alone',
    'a cycle: saga, db',
  ]);
});
