import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { definitionOf, dueClaims, verdictTable, type Claim, type Journal, type StatedClaim } from '../src';
import { keepProof } from '../src/kept-proof';
import { keepEvidence } from '../src/report';
import { runOf } from './journal-fixture';

const EVEN_DAY = new Date('2026-11-24T12:00:00Z');
const ODD_DAY = new Date('2026-11-25T12:00:00Z');
const IDS = ['L1', 'L2', 'L3', 'L4'];

let root: string;
let stated: StatedClaim[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'claims-'));
  for (const folder of ['claims', 'scenarios', 'client'])
    mkdirSync(join(root, 'load-tests', folder), { recursive: true });
  writeFileSync(join(root, 'load-tests', 'scenarios', 'buy.k6.ts'), 'export {};\n');
  stated = IDS.map((id) => {
    const file = join('load-tests', 'claims', `${id}-works.claim.ts`);
    writeFileSync(join(root, file), `claim({ id: '${id}', scenario: 'buy', off: 'seat-lock' });\n`);
    return { file, claim: { id, promise: `${id} works.`, tier: 'local' } as Claim };
  });
});
afterEach(() => rmSync(root, { recursive: true }));

function journal(index: number, changes: Partial<Journal> = {}): Journal {
  const { file, claim } = stated[index]!;
  return {
    ...{ id: claim.id, promise: claim.promise, tier: 'local', form: 'full', verdict: 'PASS', why: 'it holds', seed: 1 },
    ...{ startedAt: '2026-11-01T10:00:00.000Z', tookMs: 1, commit: 'c', command: 'npx', versions: {}, runs: [] },
    definition: definitionOf(root, { file }),
    machine: { cpu: 'x', cores: 2, memoryGiB: 8, os: 'Linux' },
    ...changes,
  };
}

function due(today: Date): string[] {
  return dueClaims(root, stated, today).map(({ claim, because }) => `${claim.id}: ${because}`);
}

test('a claim that was never proved is not due: nothing rests on it', () => {
  expect(due(ODD_DAY)).toEqual([]);
});

test('of the claims that did not change each half has its day', () => {
  for (const index of IDS.keys()) keepEvidence(root, journal(index));
  const halves = [due(EVEN_DAY), due(ODD_DAY)].map((lines) => lines.toSorted());
  expect(halves.flat().toSorted()).toEqual(IDS.map((id) => `${id}: its turn`));
  expect(halves.map(({ length }) => length)).toEqual([2, 2]);
});

test('a claim whose file, scenario or mitigation changed is due, and its verdict is shown as stale', () => {
  for (const index of IDS.keys()) keepEvidence(root, journal(index));
  writeFileSync(join(root, stated[2]!.file), `claim({ id: 'L3', scenario: 'buy', off: 'seat-lock', more: 1 });\n`);
  expect(due(ODD_DAY)[0]).toBe('L3: its code changed');
  const table = verdictTable(root, join(root, 'state'), stated).join('\n');
  expect(table).toContain('L3 works.\n     full: PASS (stale) 2026-11-01, quick: never run');
  expect(table).toContain('L4 works.\n     full: PASS 2026-11-01, quick: never run');
});

test('the later of the published verdict and that of this machine is shown', () => {
  keepEvidence(root, journal(0));
  const state = join(root, 'state');
  keepProof(state, journal(0, { verdict: 'FAIL', startedAt: '2026-11-02T10:00:00.000Z' }));
  expect(verdictTable(root, state, stated)[1]).toContain('full: FAIL 2026-11-02');
});

test('each day begins with another claim, so that one is not left out for ever where the time is short', () => {
  for (const index of IDS.keys()) keepEvidence(root, journal(index));
  const days = Array.from({ length: 4 }, (_, day) => new Date(EVEN_DAY.getTime() + day * 86_400_000));
  expect(new Set(days.map((today) => due(today)[0]?.slice(0, 2)))).toEqual(new Set(IDS));
  writeFileSync(join(root, 'load-tests', 'scenarios', 'buy.k6.ts'), 'export const changed = 1;\n');
  const firsts = days.map((today) => due(today)[0]);
  expect(new Set(firsts)).toEqual(new Set(IDS.map((id) => `${id}: its code changed`)));
});

test("the judge's own code is part of what was proved, its pages and tests are not", () => {
  const { file } = stated[0]!;
  const write = (path: string, text: string) => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
    return definitionOf(root, { file });
  };
  const before = definitionOf(root, { file });
  const judges = ['prove/src/verdict.ts', 'prove/src/gate.ts', 'faults/src/kill.ts'];
  const after = judges.map((path) => write(`libs/tooling/${path}`, 'export const changed = 1;'));
  expect(new Set([before, ...after]).size).toBe(4);
  for (const path of ['prove/src/report/style.ts', 'faults/src/kill.spec.ts', 'prove/src/cluster/world.ts'])
    expect(write(`libs/tooling/${path}`, 'export const changed = 2;')).toBe(after.at(-1));
});

test('what a further control switches off is part of what was proved', () => {
  const { file } = stated[0]!;
  const wiring = join(root, 'services', 'billing.ts');
  const wired = (how: string) => {
    mkdirSync(dirname(wiring), { recursive: true });
    writeFileSync(wiring, `mitigated('inbox', ${how});`);
    return definitionOf(root, { file });
  };
  expect(wired('once')).toBe(wired('twice'));
  writeFileSync(join(root, file), `claim({ scenario: 'buy', off: 'seat-lock', also: [{ off: 'inbox' }] });`);
  expect(wired('once')).not.toBe(wired('twice'));
});

test('a verdict is shown with the tries before it, and with a control that bites by little', () => {
  const state = join(root, 'state');
  const control = { ...runOf('control'), bite: { by: '1', thin: true } };
  const before = [{ verdict: 'FAIL' as const, why: 'one failed' }];
  keepProof(state, journal(0, { before, runs: [runOf('experiment'), control] }));
  expect(verdictTable(root, state, stated)[1]).toContain('full: FAIL, then PASS 2026-11-01 (thin: it bites by 1)');
});
