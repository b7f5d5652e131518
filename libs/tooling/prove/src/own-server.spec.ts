import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '@stampede/supervisor';
import { startKafka, startRedis } from './own-parts';
import { OwnServer } from './own-server';

let folder: string;
let pids: (number | undefined)[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-server-'));
  pids = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

async function serverOf(script: string): Promise<OwnServer> {
  const port = await freePort();
  return new OwnServer({
    address: `127.0.0.1:${port}`,
    port,
    version: '1',
    command: { program: process.execPath, args: ['-e', script.replace('PORT', String(port))] },
    logFile: join(folder, 'log'),
    onPid: (pid) => pids.push(pid),
  });
}

test.each(['SIGTERM', 'SIGKILL'] as const)('a server ends by %s and comes back on its address', async (how) => {
  const server = await serverOf("require('node:net').createServer().listen(PORT, '127.0.0.1');");
  await server.start();
  const [first] = pids;
  await server.stop(how);
  expect(isAlive(first ?? 0)).toBe(false);
  await server.start();
  expect(pids).toEqual([first, undefined, expect.any(Number)]);
  await server.stop('SIGKILL');
  await server.stop('SIGKILL');
});

test('a server that ends at once is no server', async () => {
  const server = await serverOf('process.exit(1); // PORT');
  await expect(server.start()).rejects.toThrow('ended');
});

test('where neither a program nor Docker is there, it is said how to get one', async () => {
  const { PATH } = process.env;
  process.env['PATH'] = folder;
  try {
    const options = { root: folder, base: 40_000, folder, logFile: join(folder, 'log'), onPid: () => undefined };
    await expect(startRedis(options)).rejects.toThrow('install redis-server, or start Docker');
    await expect(startKafka(options)).rejects.toThrow('install Java 17 and Maven, or start Docker');
  } finally {
    process.env['PATH'] = PATH;
  }
});
