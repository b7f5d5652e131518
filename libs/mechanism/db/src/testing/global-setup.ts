import { access, chmod, constants, cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareCluster } from '../cluster';
import { startEmbeddedPostgres } from '../embedded';
import { freePort } from './free-port';
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
  const template = join(cache, 'postgres-18.4.0-beta.17');
  if (await isReadable(template)) return template;
  const fresh = await prepareCluster(join(home, 'template'));
  const part = `${template}.new-${process.pid}`;
  try {
    await mkdir(cache, { recursive: true });
    await cp(fresh.dataDir, part, { recursive: true });
    await rename(part, template);
  } catch {
    // Another run was first, or the folder is not ours to write: this run has its own all the same.
    await rm(part, { recursive: true, force: true });
  }
  return fresh.dataDir;
}

/** False as well for what another user of this checkout has made: the files of a cluster are private. */
function isReadable(template: string): Promise<boolean> {
  return access(join(template, 'PG_VERSION'), constants.R_OK).then(
    () => true,
    () => false,
  );
}
