import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeMachine, siteOn } from '../test/fake-machine';
import { imagesAtHand, shopImages } from './images';
import { manifest } from './manifests';
import { istio, meshRules, namespace } from './mesh';
import { edge, shop } from './shop';
import { stepsOf } from './up';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stampede-sources-'));
  mkdirSync(join(folder, 'manifests'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('who may call whom is decided before the first pod of the shop starts', () => {
  const names = stepsOf(siteOn(new FakeMachine())).map(({ name }) => name);
  expect(names.indexOf('namespace')).toBeLessThan(names.indexOf('rules of the mesh'));
  expect(names.indexOf('rules of the mesh')).toBeLessThan(names.indexOf('the shop'));
  expect(names.at(-1)).toBe("the shop's keys at the edge");
});

test('with a folder of sources nothing is asked of the network', async () => {
  writeFileSync(join(folder, 'manifests', 'keda.yaml'), 'kind: Namespace\n');
  writeFileSync(join(folder, 'images.tar'), '');
  let loaded = false;
  const machine = new FakeMachine()
    .when(/^docker image inspect/, () => ({ code: loaded ? 0 : 1 }))
    .when(/^docker load/, () => {
      loaded = true;
      return {};
    });
  const site = siteOn(machine, 'sidecar', { sources: folder });
  await expect(manifest(site, 'keda')).resolves.toBe('kind: Namespace\n');
  await expect(manifest(site, 'flagger')).rejects.toThrow(/flagger\.yaml is missing: `npx stampede cluster bundle`/);
  await imagesAtHand(site).run();
  expect(machine.ran(/^(docker (pull|build)|curl|kubectl kustomize https)/)).toEqual([]);
  expect(machine.ran(/^docker load/)).toEqual([`docker load --input=${join(folder, 'images.tar')}`]);
});

test('an image of the shop that is missing is built, one of others is downloaded', async () => {
  const machine = new FakeMachine().when(/inspect .*(stampede\/orders|redis:8)/, { code: 1 });
  await imagesAtHand(siteOn(machine)).run();
  expect(machine.ran(/^docker pull/)).toEqual(['docker pull redis:8']);
  expect(machine.ran(/^docker build/)).toEqual([
    'docker build --file=services/Dockerfile --build-arg PROJECT=orders --tag=stampede/orders:dev .',
  ]);
});

test('--rebuild builds every image of the shop, whatever is there', async () => {
  const machine = new FakeMachine();
  const step = imagesAtHand(siteOn(machine, 'sidecar', { rebuild: true }));
  await expect(step.isDone()).resolves.toBe(false);
  await step.run();
  expect(machine.ran(/^docker build/)).toHaveLength(shopImages.length);
});

test.each([
  ['a shop that is open starts anew with the images that were built again', true, true, 2],
  ['a shop that opens for the first time has them already', true, false, 0],
  ['without new images no pod is touched', false, true, 0],
])('%s', async (_, rebuild, open, restarts) => {
  const machine = new FakeMachine().when(/get deployment\/gateway/, { stdout: open ? '{}' : '' });
  await shop(siteOn(machine, 'sidecar', { rebuild })).run();
  expect(machine.ran(/rollout restart/)).toHaveLength(restarts);
  expect(machine.ran(/rollout status/)).toHaveLength(2);
});

test('a cluster with the other mesh is refused with what to do', async () => {
  const annotations = { 'stampede/installed-from': 'ambient 0123' };
  const machine = new FakeMachine().when(/namespace\/istio-system --output/, {
    stdout: JSON.stringify({ metadata: { annotations } }),
  });
  await expect(istio(siteOn(machine, 'sidecar')).run()).rejects.toThrow(/other mesh \(ambient\).*cluster down/);
  expect(machine.ran(/^istioctl/)).toEqual([]);
});

test.each([
  ['sidecar', 'istio-injection', 'istio/security'],
  ['ambient', 'istio.io/dataplane-mode', 'istio/ambient'],
] as const)(
  '%s: the namespace joins by its label, and the rules are those of that mesh',
  async (mesh, label, rules) => {
    const machine = new FakeMachine();
    await namespace(siteOn(machine, mesh)).run();
    await meshRules(siteOn(machine, mesh)).run();
    expect([...machine.inputs.values()].join()).toContain(label);
    expect(machine.ran(/--kustomize=/).map((line) => line.split('--kustomize=')[1])).toEqual(['k8s/kind/edge', rules]);
  },
);

test('every call of kubectl names its cluster: nothing goes to the one that the user is working with', async () => {
  const machine = new FakeMachine();
  const site = siteOn(machine);
  for (const step of [namespace(site), meshRules(site), istio(site)]) await step.run();
  expect(machine.ran(/^kubectl (?!--context kind-stampede )/)).toEqual([]);
  expect(machine.ran(/^istioctl (?!install --context kind-stampede )/)).toEqual([]);
});

test('an edge that stays silent ends the start with a line, and one that wakes up does not', async () => {
  let asked = 0;
  const site = siteOn(new FakeMachine());
  await edge(
    site,
    () => Promise.resolve((asked += 1) > 3),
    () => Promise.resolve(),
  ).run();
  expect(asked).toBe(4);
  await expect(
    edge(
      site,
      () => Promise.resolve(false),
      () => Promise.resolve(),
    ).run(),
  ).rejects.toThrow(/does not answer/);
});
