import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../embedded';
import { freePort } from './free-port';
import { running } from './running';
import { clusterTemplate, homePrefix, removeAbandonedHomes } from './template';

/** One embedded PostgreSQL for all workers of a jest run, unless TEST_DATABASE_URL names a server. */
export default async function globalSetup(): Promise<void> {
  if (process.env['TEST_DATABASE_URL'] !== undefined) return;
  await removeAbandonedHomes();
  const home = await mkdtemp(homePrefix);
  await chmod(home, 0o711); // as root the server runs as another user
  const server = await startEmbeddedPostgres({
    dataDir: join(home, 'data'),
    port: await freePort(),
    durable: false,
    template: await clusterTemplate(home),
  });
  running.stop = async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  };
  process.env['TEST_DATABASE_URL'] = server.url; // the workers inherit it
}
