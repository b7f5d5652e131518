import { FakeMachine } from '../test/fake-machine';
import { bytes, clusterStatus, milli, rowsOf } from './status';

const pod = (name: string, phase = 'Running') => ({
  metadata: { name, namespace: 'stampede', labels: { 'app.kubernetes.io/name': 'orders' } },
  spec: {
    containers: [{ name: 'orders', resources: { requests: { cpu: '50m', memory: '96Mi' } } }],
    initContainers: [
      { name: 'istio-proxy', restartPolicy: 'Always', resources: { requests: { cpu: '10m', memory: '96Mi' } } },
      { name: 'migrate', resources: { requests: { cpu: '1', memory: '1Gi' } } },
    ],
  },
  status: { phase },
});
const usage = {
  items: [
    {
      metadata: { name: 'orders-1', namespace: 'stampede' },
      containers: [{ usage: { cpu: '12000000n', memory: '80Mi' } }, { usage: { cpu: '3m', memory: '64Mi' } }],
    },
  ],
};

test('a workload asks for what its pods and their sidecars ask for; a migration that has ended counts no more', () => {
  const items = [pod('orders-1'), pod('orders-2'), pod('orders-migrate', 'Succeeded')];
  expect(rowsOf({ items }, usage)).toEqual([
    {
      namespace: 'stampede',
      workload: 'orders',
      pods: 2,
      requestedCpuMilli: 120,
      usedCpuMilli: 15,
      requestedBytes: 384 * 2 ** 20,
      usedBytes: 144 * 2 ** 20,
    },
  ]);
});

test('quantities are read as Kubernetes writes them', () => {
  expect([milli('1500000n'), milli('20u'), milli('0.5'), milli('7m'), milli()]).toEqual([1.5, 0.02, 500, 7, 0]);
  expect([bytes('1Ki'), bytes('2Gi'), bytes('3M'), bytes('5'), bytes()]).toEqual([1_024, 2 ** 31, 3e6, 5, 0]);
});

test('the table ends with the sum; without a cluster one line says how to get one', async () => {
  const machine = new FakeMachine()
    .when(/^kind get clusters/, { stdout: 'stampede\n' })
    .when(/get pods/, { stdout: JSON.stringify({ items: [pod('orders-1')] }) })
    .when(/get --raw/, { stdout: JSON.stringify(usage) });
  const lines = await clusterStatus(machine.commands);
  expect(lines.at(-1)?.split(/\s+/)).toEqual(['', 'all', '1', '60', '15', '192', '144']);
  await expect(clusterStatus(new FakeMachine().commands)).resolves.toEqual([expect.stringMatching(/cluster up/)]);
});
