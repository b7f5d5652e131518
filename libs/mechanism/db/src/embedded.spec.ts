import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { explain } from './embedded.errors';
import {
  ensureDatabase,
  eraseEmbeddedPostgres,
  isTransient,
  openDatabase,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from './index';
import { isAlive } from './process-alive';
import { freePort } from './testing/free-port';
import { clusterTemplate } from './testing/template';

const asRoot = process.getuid?.() === 0 ? test : test.skip;
let home: string;
let dataDir: string;
let port: number;
let template: string;
let templateHome: string;
const started: EmbeddedPostgres[] = [];

beforeAll(async () => {
  templateHome = await mkdtemp(join(tmpdir(), 'embedded-'));
  await chmod(templateHome, 0o711);
  template = await clusterTemplate(templateHome);
});
afterAll(() => rm(templateHome, { recursive: true, force: true }));
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'embedded-'));
  await chmod(home, 0o711);
  dataDir = join(home, 'postgres');
  port = await freePort();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await eraseEmbeddedPostgres(dataDir);
  await rm(home, { recursive: true, force: true });
});

async function start(durable = false): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, port, template, durable });
  started.push(server);
  return server;
}

async function query<Row>(text: string): Promise<Row[]> {
  const url = await ensureDatabase(`postgres://postgres@127.0.0.1:${port}`, 'shop');
  const database = openDatabase({ url, applicationName: 'embedded test' });
  try {
    return (await sql.raw<Row>(text).execute(database.kysely)).rows;
  } finally {
    await database.close();
  }
}

/** A process that starts the server and says its pid; it is there to be killed. */
async function starter(): Promise<{ process: ChildProcess; pid: number }> {
  const script = `
    require(${JSON.stringify(join(__dirname, '../../../tooling/workspace/typescript.cjs'))});
    require(${JSON.stringify(join(__dirname, 'embedded'))})
      .startEmbeddedPostgres(${JSON.stringify({ dataDir, port, template, durable: false })})
      .then(({ pid }) => process.send({ pid }), (error) => process.send({ error: error.message }));
    setInterval(() => undefined, 1_000); // the server alone does not keep its starter alive`;
  const file = join(home, 'starter.cjs');
  await writeFile(file, script);
  const child = fork(file, { execArgv: [] });
  const [message] = (await once(child, 'message')) as [{ pid?: number; error?: string }];
  if (message.pid === undefined) throw new Error(message.error);
  return { process: child, pid: message.pid };
}

async function ends(pid: number, withinMs: number): Promise<boolean> {
  const deadlineMs = Date.now() + withinMs;
  while (Date.now() < deadlineMs) {
    if (!isAlive(pid)) return true;
    await delay(20);
  }
  return false;
}

test('the first start makes the cluster with initdb, the second one finds it', async () => {
  for (const expected of ['made', 'found']) {
    const server = await startEmbeddedPostgres({ dataDir, port });
    started.push(server);
    if (expected === 'made') await query('create table made (n int)');
    else expect(await query('select * from made')).toEqual([]);
    await server.stop();
  }
  const settings = await readFile(join(dataDir, 'pg_hba.conf'), 'utf8');
  expect(settings).toContain('127.0.0.1/32');
});

test('a commit survives a stop and a killed server, and is synced to disk', async () => {
  const first = await start(true);
  await query('create table kept (n int); insert into kept values (1)');
  expect(await query("select name, setting from pg_settings where name = 'fsync'")).toEqual([
    { name: 'fsync', setting: 'on' },
  ]);
  await first.stop();
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  expect(await first.exited).toBeUndefined();
  const second = await start();
  await query('insert into kept values (2)');
  process.kill(second.pid, 'SIGKILL');
  expect(await second.exited).toMatchObject({ code: 'start_failed' });
  await start();
  expect(await query('select n from kept order by n')).toEqual([{ n: 1 }, { n: 2 }]);
});

test('a lab that answers commits before they are on disk loses them with a killed server', async () => {
  const env = { STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: 'commit-on-disk' };
  const server = await startEmbeddedPostgres({ dataDir, port, template, env });
  started.push(server);
  await query('create table told (n int)');
  await query('checkpoint');
  await query('insert into told values (1)');
  process.kill(server.pid, 'SIGKILL');
  await server.exited;
  await start();
  expect(await query('select n from told')).toEqual([]);
});

test('when its starter is killed the server is gone within 5 s, and the next start succeeds', async () => {
  const { process: child, pid } = await starter();
  await query('create table kept (n int)');
  child.kill('SIGKILL');
  const next = await start();
  expect(await ends(pid, 5_000)).toBe(true);
  expect(next.pid).not.toBe(pid);
  await query('insert into kept values (1)');
});

test("the terminal's Ctrl-C does not reach the server: it is in a session of its own", async () => {
  const { pid } = await start();
  const session = async (of: number): Promise<string | undefined> =>
    (await readFile(`/proc/${of}/stat`, 'utf8').catch(() => `x) S 0 0 ${of}`)).split(') ')[1]?.split(' ')[3];
  expect(await session(pid)).toBe(String(pid));
});

test('a pid file left by a crash does not block the start, though another process has its number now', async () => {
  await (await start()).stop();
  await writeFile(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n`);
  await start();
  expect(await query('select 1 as n')).toEqual([{ n: 1 }]);
});

test('a second shop on the same data is refused, and the first one goes on', async () => {
  await start();
  const second = startEmbeddedPostgres({ dataDir, port: await freePort(), template });
  await expect(second).rejects.toMatchObject({
    code: 'already_running',
    message: expect.stringContaining('stop that shop first'),
  });
  expect(await query('select 1 as n')).toEqual([{ n: 1 }]);
});

test('starts at the same time on new data: one runs, the other says why not', async () => {
  const results = await Promise.allSettled([
    start(),
    startEmbeddedPostgres({ dataDir, port: await freePort(), template }),
  ]);
  const [first, second] = results;
  for (const result of results)
    if (result.status === 'fulfilled' && !started.includes(result.value)) started.push(result.value);
  expect([first.status, second.status].toSorted()).toEqual(['fulfilled', 'rejected']);
  const refused = results.find((result) => result.status === 'rejected');
  expect(refused?.reason).toMatchObject({ code: 'already_running' });
});

test('a busy port is named with the remedy', async () => {
  const other: Server = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  await expect(start()).rejects.toMatchObject({
    code: 'port_busy',
    message: `port ${port} is in use: stop what listens there, or move all ports by STAMPEDE_PORT_BASE`,
  });
  other.close();
});

asRoot('a connection whose server has stopped to answer is given up and replaced', async () => {
  await start();
  const url = await ensureDatabase(`postgres://postgres@127.0.0.1:${port}`, 'shop');
  const database = openDatabase({ url, applicationName: 'patient', poolSize: 1, statementTimeoutMs: 100 });
  const backend = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database.kysely);
  const pid = Number(backend.rows[0]?.pid);
  process.kill(pid, 'SIGSTOP');
  const error: unknown = await database.ping().catch((reason: unknown) => reason);
  expect(isTransient(error)).toBe(true);
  await database.ping();
  process.kill(pid, 'SIGCONT');
  await database.close();
});

asRoot("data below root's private home lives where the server's user can go, and is erased with the rest", async () => {
  await chmod(home, 0o700);
  const first = await start();
  await query('create table kept (n int)');
  const elsewhere = await readlink(dataDir);
  await first.stop();
  await start();
  expect(await query('select count(*) as n from kept')).toEqual([{ n: 0 }]);
  await expect(eraseEmbeddedPostgres(dataDir)).rejects.toMatchObject({ code: 'already_running' });
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await eraseEmbeddedPostgres(dataDir);
  await expect(access(elsewhere)).rejects.toThrow('ENOENT');
});

test.each([
  ['initdb: error: could not write to file: No space left on device', 'disk_full'],
  ['FATAL:  could not create any TCP/IP sockets', 'port_busy'],
  ['postgres: error while loading shared libraries: libicui18n.so.60: cannot open', 'unsupported_platform'],
  ['initdb: could not look up effective user ID 1234: user does not exist', 'unsupported_platform'],
  ['FATAL:  data directory has wrong ownership', 'start_failed'],
])('what PostgreSQL prints becomes one line that says what to do: %s', (output, code) => {
  const error = explain(`LOG:  starting\n${output}\nHINT:  none\n`, { port: 5433, dataDir: 'the-folder' });
  expect(error.code).toBe(code);
  expect(error.message).not.toContain('\n');
  if (code === 'start_failed') expect(error.message).toContain('wrong ownership');
});
