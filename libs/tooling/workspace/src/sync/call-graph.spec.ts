import { resolve } from 'node:path';
import { CALL_GRAPH, PROVIDER, SERVICES } from '@stampede/topology';
import { readFiles, type SourceFile } from '../files';
import { accessOf, apiOf } from './access';
import { meshPolicies } from './mesh-policies';

const root = resolve(__dirname, '../../../../..');
const sources = readFiles(root, ['.ts']).filter(({ path }) =>
  /^(gateway|services\/[^/]+)\/src\/.*(?<!spec)\.ts$/.test(path),
);

/** How the code names a peer: `this.peers.inventory`, `inventory` of a destructured one, `this.provider`. */
const receiverOf = (callee: string): string => (callee === PROVIDER.name ? 'provider' : callee);

/** Operations of `callee` that these files call through a typed peer, or that the gateway passes on. */
function used(files: readonly SourceFile[], callee: string): string[] {
  const operations = Object.keys(apiOf(callee).routes);
  return operations.filter((operation) => {
    const called = new RegExp(`\\b${receiverOf(callee)}\\s*\\.\\s*${operation}\\(`);
    const passedOn = new RegExp(`\\b${operation}: \\{ peer: '${callee}'`);
    return files.some(({ text }) => called.test(text) || passedOn.test(text));
  });
}

test.each(SERVICES.map(({ name, folder }) => [name, folder]))(
  '%s calls the routes that the call graph declares',
  (caller, folder) => {
    const files = sources.filter(({ path }) => path.startsWith(`${folder}/src/`));
    for (const { name } of [...SERVICES, PROVIDER].filter(({ name }) => name !== caller && hasContract(name))) {
      const declared = CALL_GRAPH.find((calls) => calls.caller === caller && calls.callee === name)?.operations ?? [];
      expect({ callee: name, operations: used(files, name).toSorted() }).toEqual({
        callee: name,
        operations: declared.toSorted(),
      });
    }
  },
);

test('a call that the graph does not declare is seen, in any of the ways that the code writes one', () => {
  const calls = [
    'await this.peers.inventory.openEvents({})',
    'inventory\n  .claimHold({})',
    "readOrder: { peer: 'orders' }",
  ];
  const files = calls.map((text, index) => ({ path: `services/billing/src/${index}.ts`, text }));
  expect(used(files, 'inventory')).toEqual(['openEvents', 'claimHold']);
  expect(used(files, 'orders')).toEqual(['readOrder']);
});

test('a route of the graph that no contract has stops the generator with its name', () => {
  expect(() => accessOf([{ caller: 'orders', callee: 'payments', operations: ['payTwice'] }])).toThrow(
    'payments has no route payTwice, which orders calls',
  );
});

test('parameters of a path match one segment each, and routes are grouped by method', () => {
  expect(accessOf([{ caller: 'orders', callee: 'inventory', operations: ['claimHold', 'confirmHold'] }])).toEqual([
    {
      caller: 'orders',
      callee: 'inventory',
      operations: [{ method: 'POST', paths: ['/holds/{*}/claim', '/holds/{*}/confirm'] }],
    },
  ]);
});

test('whatever is not declared is denied: the first policy has no rule and binds every pod', () => {
  for (const { path, text } of meshPolicies().filter(({ path }) => path.includes('authz'))) {
    const [first] = text.replace(/^#.*\n/gm, '').split('---');
    expect({ path, first }).toEqual({
      path,
      first: [
        'apiVersion: security.istio.io/v1',
        'kind: AuthorizationPolicy',
        'metadata: { name: deny-all, namespace: stampede }',
        'spec: {}\n',
      ].join('\n'),
    });
  }
});

test('only payments and audit have the way out to the provider', () => {
  const egress = meshPolicies().find(({ path }) => path.includes('egress'))?.text ?? '';
  const withProvider = egress.split('---').filter((sidecar) => sidecar.includes('payment-provider'));
  expect(withProvider.map((sidecar) => /name: (\w+)/.exec(sidecar)?.[1])).toEqual(['payments', 'audit']);
});

function hasContract(service: string): boolean {
  return CALL_GRAPH.some(({ callee }) => callee === service);
}
