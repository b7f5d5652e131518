import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readFiles } from '../files';
import { deadLinks } from './docs';
import { graphFindings, type NxGraph } from './graph';
import { houseRules } from './house';
import type { Finding } from './rule';

const root = resolve(__dirname, '../../../../..');
const everything = readFiles(root, ['']);
/** All but the sins that are planted on purpose. */
const files = everything.filter(({ path }) => !path.endsWith('tidy/sins.spec.ts'));
const lines = (findings: readonly Finding[]) => findings.map(({ path, line, problem }) => `${path}:${line} ${problem}`);

test.each(Object.entries(houseRules))('the house keeps its habit: %s', (_, rule) => {
  expect(lines(rule(files))).toEqual([]);
});

test('every link in a document leads somewhere', () => {
  expect(lines(deadLinks(new Set(everything.map(({ path }) => path)))(files))).toEqual([]);
});

test("Nx's project graph keeps to the boundaries", () => {
  const folder = mkdtempSync(join(tmpdir(), 'stampede-graph-'));
  const file = join(folder, 'graph.json');
  const nx = join(root, 'node_modules', '.bin', 'nx');
  execFileSync(process.execPath, [nx, 'graph', `--file=${file}`], {
    cwd: root,
    env: { ...process.env, NX_DAEMON: 'false' },
    stdio: 'pipe',
  });
  const { graph } = JSON.parse(readFileSync(file, 'utf8')) as { graph: NxGraph };
  rmSync(folder, { recursive: true });
  expect(Object.keys(graph.nodes).length).toBeGreaterThan(20);
  expect(graphFindings(graph)).toEqual([]);
});
