import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
/** Plumbing that is no pattern. */
const PLUMBING = ['attempt', 'clock', 'errors', 'events', 'index', 'policy', 'testing'];

test('the table of patterns names every file that holds one, and no other', () => {
  const named = [...readme.matchAll(/^\| .*? \| `(src\/[\w-]+\.ts)` \|/gm)].map((match) => String(match[1]));
  for (const file of named) expect(existsSync(join(root, file))).toBe(true);
  const patterns = readdirSync(__dirname)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !PLUMBING.includes(file.slice(0, -3)))
    .map((file) => `src/${file}`);
  expect(named.toSorted()).toEqual(patterns.toSorted());
});

test('every event is named, and none that is gone', () => {
  const types = [...readFileSync(join(__dirname, 'events.ts'), 'utf8').matchAll(/type: '(\w+)'/g)].map(
    (match) => match[1],
  );
  const told = readme.slice(readme.indexOf('## What it tells'), readme.indexOf('Fields:'));
  const named = [...told.matchAll(/`([a-z_]+)`/g)].map((match) => match[1]);
  expect(named.toSorted()).toEqual(types.toSorted());
});
