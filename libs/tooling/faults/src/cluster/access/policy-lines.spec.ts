import type { LabCluster } from '../lab-cluster';
import { policyLines, withoutLines } from './policy-lines';

const pods = (name: string) => ({ podSelector: { matchLabels: { 'app.kubernetes.io/name': name } } });
/** Who scales the consumers, and is no asker of the matrix. */
const SCALER = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'keda' } } };
const MESH = [
  { metadata: { name: 'deny-all', namespace: 'stampede', uid: 'u' }, spec: {} },
  {
    metadata: { name: 'orders-from-gateway', namespace: 'stampede', resourceVersion: '7' },
    spec: {
      rules: [
        {
          to: [
            { operation: { methods: ['GET'], paths: ['/orders', '/orders/{*}'] } },
            { operation: { methods: ['POST'], paths: ['/orders'] } },
          ],
        },
      ],
    },
  },
];
const NETWORK = [
  { metadata: { name: 'telemetry', namespace: 'stampede' }, spec: { ingress: [{ from: [pods('prometheus')] }] } },
  { metadata: { name: 'probes-out', namespace: 'stampede' }, spec: { egress: [{}] } },
  { metadata: { name: 'redis', namespace: 'stampede' }, spec: { ingress: [{ from: [pods('gateway')] }] } },
  {
    metadata: { name: 'orders', namespace: 'stampede' },
    spec: { ingress: [{ from: [pods('gateway'), SCALER] }], egress: [{ to: [pods('inventory'), pods('payments')] }] },
  },
];

const cluster = {
  namespace: 'stampede',
  get: async ([kind, where]: readonly string[]) => {
    const items = kind === 'networkpolicies' ? (where === '--namespace=stampede' ? NETWORK : []) : MESH;
    return { items };
  },
} as unknown as LabCluster;

test('each path of a policy is a line, and a policy without any is one', async () => {
  const lines = await policyLines(cluster);
  expect(lines.filter(({ wall }) => wall === 'mesh').map(({ words, remove }) => [words, remove.at(-1)])).toEqual([
    ['deny-all', '--namespace=stampede'],
    ['orders-from-gateway GET /orders', '--patch=[{"op":"remove","path":"/spec/rules/0/to/0/operation/paths/0"}]'],
    ['orders-from-gateway GET /orders/{*}', '--patch=[{"op":"remove","path":"/spec/rules/0/to/0/operation/paths/1"}]'],
    ['orders-from-gateway POST /orders', '--patch=[{"op":"remove","path":"/spec/rules/0/to/1"}]'],
  ]);
});

test('each peer of a network policy is a line; with its last one a rule goes, for none means everybody', async () => {
  const lines = (await policyLines(cluster)).filter(({ wall }) => wall === 'network');
  expect(lines.map(({ words, remove }) => [words, remove.at(-1)])).toEqual([
    ['redis ingress from gateway', '--patch=[{"op":"remove","path":"/spec/ingress/0"}]'],
    ['orders ingress from gateway', '--patch=[{"op":"remove","path":"/spec/ingress/0/from/0"}]'],
    ['orders egress to inventory', '--patch=[{"op":"remove","path":"/spec/egress/0/to/0"}]'],
    ['orders egress to payments', '--patch=[{"op":"remove","path":"/spec/egress/0/to/1"}]'],
  ]);
});

test('what brings lines back are the policies as they were, without what the server sets', async () => {
  const lines = (await policyLines(cluster)).filter(({ words }) => /^(deny-all|orders ingress)/.test(words));
  const denyAll = { metadata: { name: 'deny-all', namespace: 'stampede' }, spec: {} };
  expect(withoutLines(lines).unmake).toEqual([
    {
      args: ['apply', '--server-side', '--force-conflicts', '--filename=-'],
      input: [denyAll, NETWORK[3]].map((policy) => JSON.stringify(policy)).join('\n---\n'),
    },
  ]);
});
