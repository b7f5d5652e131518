import { build, type PluginBuild } from 'esbuild';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Below node_modules, so that the bundle finds the packages that it leaves out. */
const CACHE = join(__dirname, '../../../node_modules/.cache/stampede');

let folder: string;
let program: string;
const running = new Set<Service>();

beforeAll(async () => {
  await mkdir(CACHE, { recursive: true });
  folder = await mkdtemp(join(CACHE, 'boot-'));
  program = join(folder, 'main.cjs');
  await build({
    ...{ entryPoints: [join(__dirname, 'two-services.fixture.ts')], outfile: program, bundle: true, platform: 'node' },
    ...{
      conditions: ['stampede-source'],
      plugins: [{ name: 'ours-only', setup: leaveOutPackages }],
      logLevel: 'error',
    },
  });
});
afterEach(() => {
  for (const { child } of running) child.kill('SIGKILL');
  running.clear();
});
afterAll(() => rm(folder, { recursive: true }));

function leaveOutPackages(build: PluginBuild): void {
  build.onResolve({ filter: /^[a-z@]/ }, ({ path }) =>
    path.startsWith('@stampede/') ? undefined : { path, external: true },
  );
}

/** A service as its runner sees it. */
class Service {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly lines: { message: string; url?: string; reason?: string; service: string }[] = [];
  errors = '';
  readonly exited: Promise<number | null>;

  constructor(env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [program], { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().trim().split('\n'))
        this.lines.push(JSON.parse(line) as (typeof this.lines)[0]);
    });
    this.child.stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
    running.add(this);
  }

  async ready(count = 1): Promise<string[]> {
    while (this.lines.filter(({ message }) => message === 'ready').length < count)
      await once(this.child.stdout, 'data');
    return this.lines.flatMap(({ url }) => url ?? []);
  }
}

test('SIGTERM drains the service, and the process ends well', async () => {
  const service = new Service();
  const [url] = await service.ready();
  expect(await (await fetch(`${url}/work`)).json()).toEqual({ done: true });
  service.child.kill('SIGTERM');
  expect([await service.exited, service.errors]).toEqual([0, 'shut down\n']);
  expect(service.lines.at(-1)).toMatchObject({ message: 'stopping', reason: 'SIGTERM' });
});

test('without its drain a process is gone the moment it is told to stop', async () => {
  const service = new Service({ STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: 'drain-before-exit' });
  await service.ready();
  service.child.kill('SIGTERM');
  expect([await service.exited, service.errors]).toEqual([0, '']);
  expect(service.lines.at(-1)).toMatchObject({ message: 'ready' });
});

test('two services of one process both serve, and both go before it ends', async () => {
  const service = new Service({ TWO: '1' });
  const urls = await service.ready(2);
  expect(new Set(urls).size).toBe(2);
  for (const url of urls) expect((await fetch(`${url}/work`)).status).toBe(200);
  service.child.kill('SIGTERM');
  expect([await service.exited, service.errors]).toEqual([0, 'shut down\nshut down\n']);
});

test('with a runner, the end of its pipe stops the service, and Ctrl-C is left to the runner', async () => {
  const service = new Service({ STAMPEDE_PARENT_PIPE: '1' });
  const [url] = await service.ready();
  service.child.kill('SIGINT');
  expect((await fetch(`${url}/work`)).status).toBe(200);
  service.child.stdin.end();
  expect([await service.exited, service.errors]).toEqual([0, 'shut down\n']);
});

test('a runner that dies while a service starts takes it along', async () => {
  const service = new Service({ STAMPEDE_PARENT_PIPE: '1' });
  service.child.stdin.end();
  expect(await service.exited).toBe(0);
});

test('without a runner, Ctrl-C stops the service', async () => {
  const service = new Service();
  await service.ready();
  service.child.kill('SIGINT');
  expect(await service.exited).toBe(0);
});

test('settings that are wrong stop the process before anything else, each named, without a stack', async () => {
  const service = new Service({ NORTH_MOST: '10', NORTH_PORT: 'x', NORTH_ODD: '1' });
  expect(await service.exited).toBe(1);
  expect(service.errors).toBe(
    [
      'north: the configuration is not valid:',
      '  NORTH_MOST must be whole number from 1 to 9, not "10"',
      '  NORTH_PORT must be whole number from 0 to 65535, not "x"',
      '  NORTH_ODD is not known; NORTH_MOST is',
      '',
    ].join('\n'),
  );
});
