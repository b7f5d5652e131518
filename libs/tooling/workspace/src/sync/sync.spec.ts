import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { projectOf } from '../project';
import { oxlintConfig } from './oxlint-config';
import { withAllReferences, withReferences } from './references';
import { replaceTable } from './settings-table';
import { sync } from './sync';

const root = resolve(__dirname, '../../../../..');
const project = (folder: string, level: string, dependencies: string[] = []) =>
  projectOf(folder, {
    name: `@stampede/${folder.split('/').at(-1)}`,
    dependencies: Object.fromEntries(dependencies.map((name) => [`@stampede/${name}`, '0.1.0'])),
    nx: { tags: [`level:${level}`] },
  });
const projects = [
  project('services/orders', 'service', ['saga']),
  project('services/inventory', 'service'),
  project('libs/mechanism/saga', '1'),
  project('libs/tooling/crowd', '3'),
];

test('nothing that is generated is out of date', () => {
  expect(sync(root, { check: true })).toEqual([]);
});

describe('the generated lint rules', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stampede-lint-'));
    writeFileSync(join(folder, '.oxlintrc.json'), oxlintConfig(projects));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function lint(path: string, text: string): { status: number | null; output: string } {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\nexport const seen = x;\n`);
    const run = spawnSync(join(root, 'node_modules', '.bin', 'oxlint'), [path], { cwd: folder, encoding: 'utf8' });
    return { status: run.status, output: run.stdout + run.stderr };
  }

  test.each([
    ['services/orders/src/a.ts', '@stampede/inventory', 'nobody imports a service: they meet on the wire'],
    ['services/orders/src/b.ts', '@stampede/crowd', 'a service does not use tooling'],
    ['services/orders/src/c.ts', '@stampede/saga/src/drive', "go through the library's index.ts"],
    [
      'services/orders/src/d.ts',
      '../../inventory/src/hold',
      'the files of another project are reached by its package name',
    ],
    ['services/orders/test/e.spec.ts', '@stampede/inventory', 'nobody imports a service: they meet on the wire'],
    ['libs/mechanism/saga/src/f.ts', '@stampede/orders', 'nobody imports a service: they meet on the wire'],
    ['libs/mechanism/saga/src/g.ts', '@nestjs/common', 'Nest is used by service-kit, gateway and services alone'],
  ])('%s may not import %s', (path, target, reason) => {
    const { status, output } = lint(path, `import { x } from '${target}';`);
    expect(output.replace(/\s+/g, ' ')).toContain(reason);
    expect(status).toBe(1);
  });

  test.each([
    ['services/orders/src/h.ts', '@stampede/saga'],
    ['services/orders/src/i.ts', '@nestjs/common'],
    ['services/orders/test/j.spec.ts', '@stampede/crowd'],
    ['services/orders/test/k.spec.ts', '../src/order'],
  ])('%s may import %s', (path, target) => {
    expect(lint(path, `import { x } from '${target}';`)).toMatchObject({ status: 0 });
  });
});

test('references follow package.json, and the rest of a tsconfig stays', () => {
  const stale = JSON.stringify({ include: ['src'], references: [{ path: '../gone' }] });
  expect(JSON.parse(withReferences(stale, projects[0]!, projects))).toEqual({
    include: ['src'],
    references: [{ path: '../../libs/mechanism/saga' }],
  });
  const known = JSON.stringify({ files: [], references: [{ path: 'services/inventory' }, { path: 'services/gone' }] });
  expect(JSON.parse(withAllReferences(known, projects)).references.map(({ path }: { path: string }) => path)).toEqual([
    'services/inventory',
    'services/orders',
    'libs/mechanism/saga',
    'libs/tooling/crowd',
  ]);
});

test('a settings table is made anew between its marks, and a README without marks is left alone', () => {
  const marks = ['<!-- settings: generated from src/config.ts by `npx stampede sync` -->', '<!-- end of settings -->'];
  const rows = () => [{ name: 'ORDERS_LEASE_MS', allowed: '1 to 9', default: '5', why: 'a | b' }];
  const made = replaceTable(`# Orders\n${marks[0]}\nold\n${marks[1]}\nend`, rows);
  expect(made).toContain('| `ORDERS_LEASE_MS` | 1 to 9 | 5 | a \\| b |');
  expect(made).not.toContain('old');
  expect(replaceTable(made, rows)).toBe(made);
  expect(replaceTable('# Orders', () => [])).toBe('# Orders');
});
