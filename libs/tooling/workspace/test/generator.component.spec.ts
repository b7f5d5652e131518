import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

const root = resolve(__dirname, '../../../..');
const notCopied = new Set(['node_modules', '.git', '.nx', '.stampede', 'coverage', 'evidence', 'fixtures']);
const MINUTES_MS = 60_000;

let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'stampede-generated-'));
  cpSync(root, copy, { recursive: true, filter: (path) => path === root || !notCopied.has(basename(path)) });
  linkPackages();
}, MINUTES_MS);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** The packages of this checkout, with the workspaces of the copy in place of its own. */
function linkPackages(): void {
  const [from, to] = [join(root, 'node_modules'), join(copy, 'node_modules')];
  mkdirSync(join(to, '@stampede'), { recursive: true });
  for (const name of readdirSync(from))
    if (name !== '@stampede' && name !== '.cache') symlinkSync(join(from, name), join(to, name));
  for (const name of readdirSync(join(from, '@stampede'))) {
    symlinkSync(readlinkSync(join(from, '@stampede', name)), join(to, '@stampede', name));
  }
}

function run(program: string, ...args: string[]): string {
  const env = { ...process.env, NX_DAEMON: 'false', NX_WORKSPACE_ROOT_PATH: copy };
  return execFileSync(process.execPath, [join(copy, 'node_modules', program), ...args], {
    cwd: copy,
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

test(
  'a generated service builds, passes its tests and starts with the shop, and nothing of it is left to rename',
  () => {
    const said = run('nx/dist/bin/nx.js', 'g', '@stampede/workspace:service', 'seat-maps', '--skipInstall');
    expect(said.trim().split('\n').at(-1)).toBe('now: npm test -- services/seat-maps');
    // as npm install does
    symlinkSync('../../services/seat-maps', join(copy, 'node_modules', '@stampede', 'seat-maps'));

    run('typescript/bin/tsc', '-b', '--noCheck', 'services/seat-maps', 'libs/model/topology');
    run('typescript/bin/tsc', '-p', 'services/seat-maps', '--noEmit'); // its own types; the others have not changed
    run('jest/bin/jest.js', 'services/seat-maps', 'libs/model/topology');
    run('oxlint/bin/oxlint', 'services/seat-maps');
    run('oxfmt/bin/oxfmt', '--check', 'services/seat-maps', 'libs/model/contracts/src/seat-maps.ts');

    const { SERVICES } = require(join(copy, 'libs/model/topology/dist/index.js')) as { SERVICES: object[] };
    expect(SERVICES).toContainEqual(
      expect.objectContaining({ name: 'seat-maps', folder: 'services/seat-maps', database: true }),
    );
    const written = readdirSync(join(copy, 'services/seat-maps'), { recursive: true, encoding: 'utf8' }).filter(
      (path) => !path.startsWith('dist') && /\.\w+$/.test(path),
    );
    expect(written.filter((path) => /template|__/.test(path))).toEqual([]);
    const texts = written.map((path) => readFileSync(join(copy, 'services/seat-maps', path), 'utf8'));
    expect(texts.filter((text) => /__(?!dirname)\w+__|refund/i.test(text))).toEqual([]);
  },
  3 * MINUTES_MS,
);
