import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const bin = resolve(__dirname, '../../../../bin');

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'stampede-clone-'));
  cpSync(bin, join(clone, 'bin'), { recursive: true });
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** `node bin/stampede.mjs start` in the clone, by a Node that says it is `version`. */
function start(version: string, onOutput: (pid: number, output: string) => void = () => undefined): Promise<End> {
  const older = join(clone, 'older.cjs');
  writeFileSync(older, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
  const child = spawn(process.execPath, ['--require', older, join(clone, 'bin', 'stampede.mjs'), 'start'], {
    env: { PATH: join(clone, 'path') },
  });
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
    onOutput(child.pid ?? 0, output);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return new Promise((ended) => child.once('close', (code, signal) => ended({ code, signal, output })));
}

function install(): void {
  mkdirSync(join(clone, 'node_modules'));
  writeFileSync(join(clone, 'node_modules', '.package-lock.json'), '{}');
}

/** A Node on PATH that says it is `version` and otherwise does as `script` says. */
function nodeOnPath(version: string, script: string): void {
  const file = join(clone, 'path', 'node');
  mkdirSync(join(clone, 'path'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\nif [ "$1" = --version ]; then echo v${version}; exit; fi\n${script}\n`);
  chmodSync(file, 0o755);
}

test('without node_modules, one line says to run npm ci', async () => {
  const { code, output } = await start('24.21.0');
  expect({ code, output }).toEqual({ code: 1, output: 'stampede: node_modules is missing: run `npm ci` first\n' });
});

test('without development packages, one line says so', async () => {
  install();
  const { code, output } = await start('24.21.0');
  expect({ code, output }).toEqual({
    code: 1,
    output: 'stampede: the TypeScript compiler is missing: run `npm ci` without --omit=dev\n',
  });
});

test('an old Node without a newer one beside it is refused in one line', async () => {
  install();
  nodeOnPath('24.10.9', 'exit 0');
  const { code, output } = await start('20.20.2');
  expect(code).toBe(1);
  expect(output).toMatch(
    /^stampede: Node 24\.11 or newer is needed, this is 20\.20\.2, and npm brought none for .*\n$/,
  );
});

test('an old Node hands over to a newer one and ends as that one does', async () => {
  install();
  nodeOnPath('24.21.0', 'echo "$2 by the newer one"; exit 7');
  expect(await start('20.20.2')).toEqual({ code: 7, signal: null, output: 'start by the newer one\n' });
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('an old Node passes %s on', async (signal) => {
  install();
  nodeOnPath('24.21.0', `trap 'echo got it; exit 0' ${signal.slice(3)}\necho up; while :; do /bin/sleep 0.05; done`);
  const end = await start('20.20.2', (pid, output) => output === 'up\n' && process.kill(pid, signal));
  expect(end).toEqual({ code: 0, signal: null, output: 'up\ngot it\n' });
});

test('a death by signal is passed on as one', async () => {
  install();
  nodeOnPath('24.21.0', 'kill -KILL $$');
  expect(await start('20.20.2')).toMatchObject({ code: null, signal: 'SIGKILL' });
});
