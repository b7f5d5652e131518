import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeMachine, siteOn } from '../test/fake-machine';
import { clusterBundle } from './bundle';
import { foreignImages, shopImages } from './images';
import { manifest } from './manifests';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stampede-bundle-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what a bundle holds is what a start without a network asks for', async () => {
  const machine = new FakeMachine()
    .when(/^curl/, { stdout: 'kind: Downloaded\n' })
    .when(/^kubectl kustomize/, { stdout: 'kind: Rendered\n' });
  const site = siteOn(machine);
  await clusterBundle(site, folder);
  await expect(manifest({ ...site, sources: folder }, 'keda')).resolves.toBe('kind: Downloaded\n');
  expect(readFileSync(join(folder, 'manifests', 'flagger.yaml'), 'utf8')).toBe('kind: Rendered\n');
  const [saved = '', ...more] = machine.ran(/^docker save/);
  expect(more).toEqual([]); // one archive: common layers are in it once
  for (const image of [...site.versions.images.node, ...foreignImages(site), ...shopImages])
    expect(saved).toContain(image);
});
