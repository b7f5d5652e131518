import { access, constants, cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { prepareCluster } from '../cluster';
import { packagedNative, packageVersion } from '../native';
import { isAlive } from '../process-alive';

export const homePrefix = join(tmpdir(), 'stampede-test-');
/** A run that has just begun has no server yet; after this time one without a server is over. */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * A data folder fresh from initdb, kept with the packages: copying its 40 MB takes a tenth of the time of initdb, and
 * test runs are many. `home` is where a new one is made.
 */
export async function clusterTemplate(home: string): Promise<string> {
  const native = packagedNative();
  const cache = join(native, '..', '..', '..', '.cache', 'stampede');
  const template = join(cache, `cluster-${await packageVersion(native)}`);
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

/** Removes what killed test runs have left in the temporary folder. */
export async function removeAbandonedHomes(): Promise<void> {
  for (const name of await readdir(dirname(homePrefix))) {
    const home = join(dirname(homePrefix), name);
    if (!home.startsWith(homePrefix)) continue;
    const madeMs = await stat(home).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(), // its own run has just removed it
    );
    const pid = (await readFile(join(home, 'data', 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0];
    if (Date.now() - madeMs < ABANDONED_AFTER_MS || isAlive(Number(pid))) continue;
    await rm(home, { recursive: true, force: true }).catch(() => undefined); // another user's: theirs to remove
  }
}

/** False as well for what another user of this checkout has made: the files of a cluster are private. */
function isReadable(template: string): Promise<boolean> {
  return access(join(template, 'PG_VERSION'), constants.R_OK).then(
    () => true,
    () => false,
  );
}
