import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PROVIDER, SERVICES } from '@stampede/topology';
import { parse } from 'yaml';

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}
interface Job {
  readonly strategy?: {
    readonly matrix: { readonly project: readonly string[]; readonly platform: readonly object[] };
  };
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

const root = resolve(__dirname, '../../../..');
const FILE = join(root, '.github', 'workflows', 'release.yml');
const { jobs, permissions } = parse(readFileSync(FILE, 'utf8')) as Workflow;
const steps = Object.values(jobs).flatMap((job) => job.steps);

test('a release builds every service and the simulator, for two architectures', () => {
  const matrix = jobs['image']?.strategy?.matrix;
  expect(matrix?.project.toSorted()).toEqual([...SERVICES, PROVIDER].map(({ name }) => name).toSorted());
  expect(matrix?.platform).toMatchObject([{ arch: 'amd64' }, { arch: 'arm64' }]);
});

test('what others wrote is named by its commit, so that it is the same tomorrow', () => {
  const used = steps.flatMap(({ uses }) => uses ?? []);
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((name) => !/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/.test(name))).toEqual([]);
});

test('nothing may write but the jobs that push, and only the one that signs has an identity', () => {
  expect(permissions).toEqual({ contents: 'read' });
  const signing = Object.entries(jobs).filter(([, job]) => job.permissions?.['id-token'] === 'write');
  expect(signing.map(([name]) => name)).toEqual(['publish']);
  expect(jobs['test']?.permissions).toBeUndefined();
});

test('images are tested before, and signed with their bill of materials after', () => {
  const commands = (name: string) => jobs[name]?.steps.map(({ run }) => run ?? '').join('\n') ?? '';
  for (const command of ['npm ci', 'npm test', 'npm run check']) expect(commands('test')).toContain(command);
  for (const command of ['cosign sign', 'cosign attest', 'bin/stampede.mjs sbom', 'pin-images.mjs'])
    expect(commands('publish')).toContain(command);
});

describe('the overlay of production', () => {
  let folder: string;
  const overlay = () => join(folder, 'kustomization.yaml');
  const pin = () => {
    const script = join(root, 'k8s', 'release', 'pin-images.mjs');
    return spawnSync('node', [script, overlay(), 'ghcr.io/someone/stampede', '1.2.3', folder], { encoding: 'utf8' });
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stampede-pin-'));
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(root, 'k8s', 'overlays', 'production', 'kustomization.yaml'), overlay());
    for (const { name } of SERVICES) writeFileSync(join(folder, name), `sha256:${'7'.repeat(64)}\n`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('names every image by its digest, and is else as it was', () => {
    const before = readFileSync(overlay(), 'utf8');
    expect(pin()).toMatchObject({ status: 0 });
    const { images } = parse(readFileSync(overlay(), 'utf8')) as { images: readonly Record<string, string>[] };
    expect(images).toHaveLength(SERVICES.length);
    for (const { name = '', newName, digest } of images)
      expect({ newName, digest }).toEqual({
        newName: `ghcr.io/someone/stampede-${name.split('/')[1]}`,
        digest: `sha256:${'7'.repeat(64)}`,
      });
    const rest = (text: string) => ({ ...(parse(text) as object), images: [] });
    expect(rest(readFileSync(overlay(), 'utf8'))).toEqual(rest(before));
  });

  test('is not written where the digest of one image is missing', () => {
    rmSync(join(folder, 'pricing'));
    const before = readFileSync(overlay(), 'utf8');
    expect(pin()).toMatchObject({ status: 1, stderr: expect.stringContaining('no digest of pricing') });
    expect(readFileSync(overlay(), 'utf8')).toBe(before);
  });
});

const hasLinter = spawnSync('actionlint', ['--version']).status === 0;

(hasLinter ? test : test.skip)('actionlint finds nothing (needs actionlint on the PATH)', () => {
  expect(execFileSync('actionlint', [FILE], { encoding: 'utf8' })).toBe('');
});
