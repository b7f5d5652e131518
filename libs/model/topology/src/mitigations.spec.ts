import { globSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { MITIGATIONS, mitigated, mitigationComplaint } from './index';

const ID = 'ask-provider-by-key';
const lab = (off: string) => ({ STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: off });

test('every protection is on unless it is named', () => {
  expect(mitigated(ID, 'on', 'off', {})).toBe('on');
  expect(mitigated(ID, 'on', 'off', lab(''))).toBe('on');
  expect(mitigated(ID, 'on', 'off', { STAMPEDE_LAB: '1' })).toBe('on');
});

test('in a lab the protections that are named are off, and no others', () => {
  for (const { id } of MITIGATIONS) expect(mitigated(id, 'on', 'off', lab(`${id}, `))).toBe('off');
  const others = MITIGATIONS.filter(({ id }) => id !== ID);
  expect(mitigated(ID, 'on', 'off', lab(others.map(({ id }) => id).join(',')))).toBe('on');
});

test('outside of a lab a switch is refused with the line that says why', () => {
  for (const env of [{ STAMPEDE_MITIGATIONS_OFF: ID }, { ...lab(ID), STAMPEDE_LAB: 'true' }]) {
    expect(() => mitigated(ID, 'on', 'off', env)).toThrow(/only with STAMPEDE_LAB=1/);
  }
});

test('a switch that there is not is named, with those that there are', () => {
  expect(mitigationComplaint(lab(`${ID},no-such`))).toMatch(/names no-such: there are .*ask-provider-by-key/);
  expect(mitigationComplaint(lab(ID))).toBeUndefined();
});

test('each protection has a name of its own and says what it is for', () => {
  const ids = MITIGATIONS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, protects } of MITIGATIONS) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(protects).toMatch(/^[A-Z].*\.$/);
  }
});

test('the claims of a protection are those whose control it is, and one alone is no claim’s', () => {
  const folder = resolve(__dirname, '../../../../load-tests/claims');
  const stated = globSync('*.claim.ts', { cwd: folder }).flatMap((file) => {
    const text = readFileSync(resolve(folder, file), 'utf8');
    const [claim] = basename(file).split('-');
    return [...text.matchAll(/\boff: '([^']+)'/g)].map(([, id]) => `${claim} without ${id}`);
  });
  const ids: readonly string[] = MITIGATIONS.map(({ id }) => id);
  const ofProcesses = stated.filter((line) => ids.includes(line.split(' ').at(-1) ?? '')); // a cluster has its own
  const told = MITIGATIONS.flatMap(({ id, claims }) => claims.map((claim) => `${claim} without ${id}`));
  expect(told.toSorted()).toEqual(ofProcesses.toSorted());
  expect(MITIGATIONS.flatMap(({ id, claims }) => (claims.length === 0 ? [id] : []))).toEqual(['retry-budget']);
});
