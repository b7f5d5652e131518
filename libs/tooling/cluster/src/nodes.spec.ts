import { FakeMachine, siteOn } from '../test/fake-machine';
import { foreignImages, nodeWide, shopImages } from './images';
import { fullName, imagesOnNodes, nodesReady } from './nodes';

const ready = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
const fourNodes = { stdout: JSON.stringify({ items: [ready, ready, ready, ready] }) };

test('four ready nodes are left alone', async () => {
  const machine = new FakeMachine().when(/get nodes/, fourNodes);
  await expect(nodesReady(siteOn(machine)).isDone()).resolves.toBe(true);
});

test('a node that is missing or not ready is no cluster', async () => {
  const three = { stdout: JSON.stringify({ items: [ready, ready, ready] }) };
  await expect(nodesReady(siteOn(new FakeMachine().when(/get nodes/, three))).isDone()).resolves.toBe(false);
});

test('what an interrupted start left is made anew, from the committed file and the pinned image', async () => {
  const machine = new FakeMachine()
    .when(/^kind get clusters/, { stdout: 'stampede\n' })
    .when(/get-contexts/, { stdout: 'kind-other\n' });
  const lines: string[] = [];
  await nodesReady(siteOn(machine, 'sidecar', { print: (line) => lines.push(line) })).run();
  const [first, second] = machine.ran(/^kind (create|delete)/);
  expect(first).toBe('kind delete cluster --name=stampede');
  expect(second).toMatch(/--config=\S+k8s\/kind\/cluster\.yaml --image=kindest\/node:v\d/);
  expect(lines.join()).toMatch(/is made anew/);
});

const whole = (): FakeMachine =>
  new FakeMachine()
    .when(/^kind get clusters/, { stdout: 'other\nstampede\n' })
    .when(/get-contexts/, { stdout: 'kind-other\nkind-stampede\n' });

test('a cluster that was whole and does not come back is told, and not deleted: orders may be on it', async () => {
  const machine = whole().when(/wait .*--for=condition=Ready/, { code: 1, stderr: 'timed out' });
  await expect(nodesReady(siteOn(machine)).run()).rejects.toThrow(/not ready \(timed out\).*cluster down/);
  expect(machine.ran(/^kind (create|delete)/)).toEqual([]);
});

test('a cluster that comes back by itself is not touched', async () => {
  const machine = whole();
  await nodesReady(siteOn(machine)).run();
  expect(machine.ran(/^kind (create|delete)/)).toEqual([]);
});

test("another cluster is nobody's business here", async () => {
  const machine = new FakeMachine().when(/^kind get clusters/, { stdout: 'stampede-old\n' });
  await nodesReady(siteOn(machine)).run();
  expect(machine.ran(/^kind delete/)).toEqual([]);
  expect(machine.ran(/^kind create/)).toHaveLength(1);
});

test.each(['sidecar', 'ambient'] as const)(
  '%s: the control plane gets what runs on every node, workers get all',
  async (mesh) => {
    const machine = new FakeMachine();
    const site = siteOn(machine, mesh);
    await imagesOnNodes(site).run();
    const [everywhere = '', onWorkers = ''] = machine.ran(/^kind load/);
    expect(everywhere).toMatch(/--nodes=stampede-control-plane,\S+ .*install-cni/);
    expect(everywhere).not.toContain('pilot');
    expect(onWorkers).not.toContain('control-plane');
    for (const image of foreignImages(site)) expect(onWorkers).toContain(image);
  },
);

test('images that are on the nodes are not sent again', async () => {
  const site = siteOn(new FakeMachine());
  const all = [...foreignImages(site), ...shopImages].map(fullName).join('\n');
  const machine = new FakeMachine()
    .when(/control-plane ctr/, { stdout: nodeWide(site).map(fullName).join('\n') })
    .when(/worker\d? ctr/, { stdout: all });
  await expect(imagesOnNodes(siteOn(machine)).isDone()).resolves.toBe(true);
  const bare = new FakeMachine().when(/control-plane ctr/, { stdout: all });
  await expect(imagesOnNodes(siteOn(bare)).isDone()).resolves.toBe(false);
});

test.each([
  ['redis:8', 'docker.io/library/redis:8'],
  ['istio/pilot:1.31.0', 'docker.io/istio/pilot:1.31.0'],
  ['ghcr.io/kedacore/keda:2.21.0', 'ghcr.io/kedacore/keda:2.21.0'],
])('a node calls %s %s', (image, name) => {
  expect(fullName(image)).toBe(name);
});
