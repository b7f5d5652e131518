import { execFile } from 'node:child_process';
import {
  access,
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { errorMessage } from './error-code';
import { EmbeddedPostgresError, explain } from './embedded.errors';
import { awaitFormerServer } from './former-server';
import { usableNative, type Identity } from './native';
import { isAlive } from './process-alive';

const run = promisify(execFile);

/** `nobody`. By number, because the name of its group differs between systems. */
const NOBODY = { uid: 65_534, gid: 65_534 };
/** Survives a restart of the machine, unlike /tmp. */
const REACHABLE_BY_ALL = '/var/tmp/stampede-postgres-';

/** Data files and the binaries to serve them, both within reach of the user that the server runs as. */
export interface Cluster {
  readonly dataDir: string;
  readonly native: string;
  readonly identity: Identity;
}

/**
 * The cluster in `dataDir`, made at the first call by initdb (about 1.3 s), or copied from `template`, a data folder.
 * Calls at the same time are safe: each makes its own and one is kept. A crash in between leaves nothing that looks
 * like a cluster.
 * @throws EmbeddedPostgresError disk_full, unsupported_platform, start_failed
 */
export async function prepareCluster(wanted: string, template?: string): Promise<Cluster> {
  try {
    const identity = await serverIdentity(wanted);
    const dataDir = await reachable(resolve(wanted), identity);
    const cluster = { dataDir, identity, native: await usableNative(identity, dirname(dataDir)) };
    if (!(await isInitialised(dataDir))) await initialise(cluster, template);
    return cluster;
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    throw explain(String(error), { dataDir: wanted }, error);
  }
}

/**
 * Removes all data, also where it lives outside of `dataDir`.
 * @throws EmbeddedPostgresError already_running; nothing is removed then
 */
export async function eraseEmbeddedPostgres(dataDir: string): Promise<void> {
  await awaitFormerServer(dataDir);
  const elsewhere = await readlink(dataDir).catch(() => undefined);
  if (elsewhere?.startsWith(REACHABLE_BY_ALL) === true) await rm(dirname(elsewhere), { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

/**
 * PostgreSQL refuses to run as root, and to serve files of another user than its own. So as root it runs as the owner
 * of the data, at the first start as the user behind sudo or as nobody.
 */
async function serverIdentity(dataDir: string): Promise<Identity> {
  const own = process.getuid?.();
  const owner = await stat(dataDir).catch(() => undefined);
  if (own !== 0) {
    if (owner === undefined || own === undefined || owner.uid === own) return {};
    const message = `the data in ${dataDir} belongs to another user: start as that one (root?) or erase it`;
    throw new EmbeddedPostgresError('start_failed', message);
  }
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const [uid, gid] = [Number(process.env['SUDO_UID']), Number(process.env['SUDO_GID'])];
  return uid > 0 && gid > 0 ? { uid, gid } : NOBODY;
}

async function initialise(cluster: Cluster, template: string | undefined): Promise<void> {
  await removeRemains(cluster.dataDir);
  const fresh = await mkdtemp(`${cluster.dataDir}.new-${process.pid}-`);
  try {
    if (template !== undefined) await cp(template, fresh, { recursive: true });
    await give(fresh, cluster.identity);
    if (template === undefined) await initdb(cluster, fresh);
    await rename(fresh, cluster.dataDir);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (await isInitialised(cluster.dataDir)) return; // another start was first
    throw error;
  }
}

async function initdb(cluster: Cluster, dataDir: string): Promise<void> {
  const options = ['--username=postgres', '--auth=trust', '--no-sync', '--no-instructions', '--encoding=UTF8'];
  // The built-in provider sorts alike on every system and needs no locale installed.
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  try {
    await run(join(cluster.native, 'bin', 'initdb'), ['-D', dataDir, ...options, ...locale], {
      ...cluster.identity,
      cwd: dataDir,
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    });
  } catch (error) {
    // execFile's message holds what initdb wrote to stderr.
    throw explain(errorMessage(error), { dataDir }, error);
  }
}

/** Folders of starts that died during initdb. */
async function removeRemains(dataDir: string): Promise<void> {
  const parent = dirname(dataDir);
  const prefix = `${basename(dataDir)}.new-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(name.slice(prefix.length).split('-')[0]);
    if (!isAlive(pid)) await rm(join(parent, name), { recursive: true, force: true });
  }
}

/**
 * `wanted` itself where the server's user can get there. Else (a checkout below root's private home) a folder in
 * /var/tmp, and `wanted` becomes a link to it: opening root's home to everybody is not ours to do.
 */
async function reachable(wanted: string, identity: Identity): Promise<string> {
  await mkdir(dirname(wanted), { recursive: true });
  const elsewhere = await readlink(wanted).catch(() => undefined);
  if (elsewhere !== undefined) {
    await mkdir(dirname(elsewhere), { recursive: true });
    return elsewhere;
  }
  if (await canEnter(dirname(wanted), identity)) return wanted;
  const home = await mkdtemp(REACHABLE_BY_ALL);
  await chmod(home, 0o711);
  await symlink(join(home, 'data'), wanted);
  return join(home, 'data');
}

async function canEnter(directory: string, identity: Identity): Promise<boolean> {
  if (identity.uid === undefined) return true;
  return run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], { ...identity, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

async function give(directory: string, { uid, gid }: Identity): Promise<void> {
  await chmod(directory, 0o700); // PostgreSQL insists
  if (uid === undefined || gid === undefined) return;
  const inside = await readdir(directory, { recursive: true });
  for (const path of ['', ...inside]) await chown(join(directory, path), uid, gid);
}

function isInitialised(dataDir: string): Promise<boolean> {
  return access(join(dataDir, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}
