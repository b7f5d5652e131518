import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eraseStateFolder, logFileOf, prepareStateFolder, stateFolder } from './state-folder';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stampede-state-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('the state lives in .stampede, or where STAMPEDE_STATE_DIR says', () => {
  expect(stateFolder('/shop', {})).toBe('/shop/.stampede');
  expect(stateFolder('/shop', { STAMPEDE_STATE_DIR: '/data/shop' })).toBe('/data/shop');
  expect(stateFolder('/shop', { STAMPEDE_STATE_DIR: 'other' })).toBe('/shop/other');
});

test('a state folder ignores itself in Git and can be erased', async () => {
  const folder = join(home, 'state');
  await prepareStateFolder(folder);
  await prepareStateFolder(folder);
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toContain('*');
  expect(await eraseStateFolder(folder)).toBe(true);
  expect(existsSync(folder)).toBe(false);
  expect(await eraseStateFolder(folder)).toBe(false);
});

test("somebody else's folder is neither used nor erased", async () => {
  writeFileSync(join(home, 'thesis.txt'), 'years of work');
  await expect(prepareStateFolder(home)).rejects.toThrow(/holds something else/);
  await expect(eraseStateFolder(home)).rejects.toThrow(/left alone/);
  expect(existsSync(join(home, 'thesis.txt'))).toBe(true);
});

test('a folder that cannot be made is one clear line', async () => {
  writeFileSync(join(home, 'file'), '');
  await expect(prepareStateFolder(join(home, 'file', 'state'))).rejects.toThrow(/cannot be written \(ENOTDIR\)/);
});

test('a large log is set aside when its process starts', () => {
  mkdirSync(join(home, 'logs'));
  const log = join(home, 'logs', 'orders.log');
  writeFileSync(log, 'small');
  expect(logFileOf(home, 'orders')).toBe(log);
  expect(existsSync(log)).toBe(true);
  truncateSync(log, 10_000_001);
  expect(logFileOf(home, 'orders')).toBe(log);
  expect(existsSync(log)).toBe(false);
  expect(existsSync(`${log}.1`)).toBe(true);
});
