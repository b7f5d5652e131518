import { FakeMachine, root } from '../test/fake-machine';
import { checkMachine } from './checks';
import { isAtLeast, readVersions } from './versions';

const versions = readVersions(root);
const enough = { cpus: 4, memoryAvailableBytes: 9 * 2 ** 30 };
const complete = (): FakeMachine =>
  new FakeMachine()
    .when(/^docker version/, { stdout: '27.1.0\n' })
    .when(/^kind version/, { stdout: 'kind v0.33.0 go1.26.8 linux/amd64\n' })
    .when(/^kubectl version/, { stdout: '{ "gitVersion": "v1.36.3" }' })
    .when(/^istioctl version/, { stdout: 'client version: 1.31.0\n' });

test('a machine with everything says nothing', async () => {
  const lines: string[] = [];
  await checkMachine(complete().commands, versions, enough, (line) => lines.push(line));
  expect(lines).toEqual([]);
});

test('everything that is missing, too old or too small is named at once, with where to get it', async () => {
  const machine = new FakeMachine()
    .when(/^docker version/, { code: 1, stderr: 'Cannot connect to the Docker daemon' })
    .when(/^kind version/, { stdout: 'kind v0.20.0' })
    .when(/^istioctl/, { code: 127 })
    .when(/^kubectl version/, { stdout: 'v1.36.3' });
  const tight = { cpus: 4, memoryAvailableBytes: 3 * 2 ** 30 };
  const refusal = await checkMachine(machine.commands, versions, tight, () => undefined).catch(String);
  expect(refusal).toMatch(/docker is missing or does not answer: https:/);
  expect(refusal).toMatch(/kind is 0\.20\.0, 0\.33\.0 or newer is needed/);
  expect(refusal).toMatch(/istioctl is missing.*version 1\.31\.0/);
  expect(refusal).toMatch(/3\.0 GiB of memory are available, 8 are needed/);
  expect(refusal).not.toMatch(/kubectl is/);
});

test('few CPUs are told, and no obstacle', async () => {
  const lines: string[] = [];
  await checkMachine(complete().commands, versions, { ...enough, cpus: 2 }, (line) => lines.push(line));
  expect(lines).toEqual([expect.stringMatching(/^2 CPUs: it works/)]);
});

test.each([
  ['0.33.0', '0.33.0', true],
  ['0.9.12', '0.10.0', false],
  ['2.0.0', '1.36.3', true],
])('%s is at least %s: %s', (found, least, expected) => {
  expect(isAtLeast(found, least)).toBe(expected);
});
