import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { definitionOf } from '@stampede/prove/report';
import { claimsDocument, replaceClaims, withClaims } from './claims';

const CLAIM = 'load-tests/claims/L2-one-charge.claim.ts';
const PROMISE = 'No card is charged twice when the provider loses one answer in five.';
const MARKS = [
  '<!-- claims: generated from load-tests/evidence by `npx stampede sync` -->',
  '<!-- end of claims -->',
] as const;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stampede-claims-'));
  write(CLAIM, "load: { scenario: 'buy' }, control: { off: 'ask-provider-by-key' }");
  write('load-tests/scenarios/buy.k6.ts', 'buy();');
  write('services/payments/src/captures.service.ts', "mitigated('ask-provider-by-key', ask, guess, env);");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** What is kept of a proof, as far as the tables ask for it. */
function keep(changes: object = {}, name = '2026-06-11-full'): void {
  const check = { name: 'orders charged more than once', limit: 'none' };
  const journal = {
    id: 'L2',
    promise: PROMISE,
    form: 'full',
    verdict: 'PASS',
    startedAt: '2026-06-11T18:02:11.120Z',
    definition: definitionOf(root, { file: CLAIM }),
    command: 'npx stampede prove L2 --full',
    versions: { node: '24.21.0', k6: '2.2.0' },
    machine: { cpu: 'a | b', cores: 2, memoryGiB: 8, os: 'Linux 6.12' },
    runs: [
      { role: 'experiment', outcome: 'holds', checks: [{ ...check, holds: true, measured: '0 of 402 orders' }] },
      { role: 'control', outcome: 'broken', checks: [{ ...check, holds: false, measured: '38 of 391 orders' }] },
    ],
    ...changes,
  };
  write(`load-tests/evidence/L2/${name}/journal.json`, JSON.stringify(journal));
}

const fileOf = (path: string) => withClaims(root).find((file) => file.path === path)?.text ?? '';
const rowOfL2 = () => fileOf('docs/claims.md').split('\n').at(-2);

test('a promise stands as a sentence after a full PASS, with figures, machine, versions, report and command', () => {
  keep();
  expect(rowOfL2()).toBe(
    `| L2 | ${PROMISE} | PASS | orders charged more than once: 0 of 402 orders (38 of 391 orders) ` +
      '| 2026-06-11 18:02 UTC<br>a \\| b, 2 cores, 8 GiB, Linux 6.12<br>node 24.21.0, k6 2.2.0 ' +
      '| [full](../load-tests/evidence/L2/2026-06-11-full/index.html) | `npx stampede prove L2 --full` |',
  );
});

test.each([
  ['that was broken', { verdict: 'FAIL' }, 'FAIL'],
  ['that was proved in its quick form alone', { form: 'quick' }, 'quick form: PASS'],
  ['whose definition has changed', { definition: 'another' }, 'stale (was pass)'],
])('a promise %s is visibly not claimed', (_, changes, verdict) => {
  keep(changes);
  expect(rowOfL2()).toContain(`| L2 | *not claimed:* one charge | ${verdict} |`);
  expect(fileOf('docs/claims.md')).not.toContain(PROMISE);
});

test('a claim that was never run is in the table all the same', () => {
  expect(rowOfL2()).toBe('| L2 | *not claimed:* one charge | not run yet |  |  |  | `npx stampede prove L2` |');
});

test('a later quick run stands beside the full one, and takes nothing from it', () => {
  keep();
  keep({ form: 'quick', verdict: 'INVALID', startedAt: '2026-07-01T00:00:00Z' }, '2026-07-01-quick');
  expect(rowOfL2()).toContain(`| L2 | ${PROMISE} | PASS<br>quick form: INVALID |`);
});

test.each([
  ['the claim', CLAIM, "load: { scenario: 'buy' }, control: { off: 'ask-provider-by-key' } // easier"],
  ['its scenario', 'load-tests/scenarios/buy.k6.ts', 'browse();'],
  ['what all scenarios share', 'load-tests/client/buyer.ts', 'patience();'],
  ['its mitigation', 'services/payments/src/captures.service.ts', "mitigated('ask-provider-by-key', guess, guess);"],
])('a PASS is out of date as soon as %s changes', (_, path, text) => {
  keep();
  const before = fileOf('docs/claims.md');
  write(path, text);
  expect(fileOf('docs/claims.md')).not.toBe(before);
  expect(rowOfL2()).toContain('stale (was pass)');
  expect(fileOf('load-tests/evidence/index.html')).toContain('stale');
});

test('what a claim does not rest on may change', () => {
  keep();
  write('services/payments/src/refunds.ts', "mitigated('another', on, off);");
  write('services/payments/src/captures.spec.ts', "mitigated('ask-provider-by-key', on, off);");
  expect(rowOfL2()).toContain('| PASS |');
});

test("the README's table has the promises that are claimed, and says so when there are none", () => {
  write('README.md', `# Stampede\n${MARKS.join('\n')}\nend`);
  expect(fileOf('README.md')).toContain('Nothing is claimed today.');
  keep();
  const readme = fileOf('README.md');
  expect(readme).toContain('| claim | figure (control in brackets) | date | command |');
  expect(readme).toContain(
    `| L2 ${PROMISE} | orders charged more than once: 0 of 402 orders (38 of 391 orders) ` +
      '| [2026-06-11](load-tests/evidence/L2/2026-06-11-full/index.html) | `npx stampede prove L2 --full` |',
  );
  expect(readme.endsWith(`${MARKS[1]}\nend`)).toBe(true);
  expect(replaceClaims('# Stampede', [])).toBe('# Stampede');
});

test('evidence of a claim that nobody states any more is shown as stale', () => {
  keep();
  rmSync(join(root, CLAIM));
  expect(rowOfL2()).toContain('| L2 | *not claimed:* no longer stated | stale (was pass) |');
});

test('nothing is generated where nothing is claimed', () => {
  rmSync(join(root, CLAIM));
  expect(withClaims(root)).toEqual([]);
  expect(claimsDocument([])).toContain('# Claims');
  expect(() => readFileSync(join(root, 'docs/claims.md'))).toThrow();
});
