import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { explain } from './embedded.errors';
import { isAlive } from './process-alive';

const run = promisify(execFile);

/**
 * Index of the line of postmaster.pid that says starting, ready or stopping. @see miscadmin.h,
 * LOCK_FILE_LINE_PM_STATUS
 */
const STATUS_LINE = 7;

/** The watcher of a killed starter acts at once; a server that is not stopping after this has a living starter. */
const RUNNING_GRACE_MS = 2_500;
/** How long a shutdown that has begun may take; the watcher cuts it short after 4 s. */
const STOPPING_TIMEOUT_MS = 8_000;
const POLL_MS = 30;

/**
 * Resolves when no server runs on `dataDir` any more. A pid file that a crash left behind is removed if its process
 * is gone or is another program by now: PostgreSQL itself would refuse to start when the number has been given out
 * again.
 * @throws EmbeddedPostgresError already_running
 */
export async function awaitFormerServer(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  const begunMs = Date.now();
  for (;;) {
    const lines = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n');
    const pid = Number(lines[0]);
    if (!Number.isInteger(pid) || pid <= 0) return;
    if (!isAlive(pid) || !(await isPostgres(pid))) return rm(pidFile, { force: true });
    const timeoutMs = lines[STATUS_LINE]?.trim() === 'stopping' ? STOPPING_TIMEOUT_MS : RUNNING_GRACE_MS;
    if (Date.now() - begunMs > timeoutMs) throw explain('lock file "postmaster.pid" already exists', { dataDir });
    await delay(POLL_MS);
  }
}

/**
 * True once the server `pid` says in its pid file that it takes connections, false after `timeoutMs` or when it is
 * gone.
 */
export async function becomesReady(
  dataDir: string,
  pid: number,
  timeoutMs: number,
  gone: AbortSignal,
): Promise<boolean> {
  const deadlineMs = Date.now() + timeoutMs;
  while (Date.now() < deadlineMs && !gone.aborted) {
    const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === pid && lines[STATUS_LINE]?.trim() === 'ready') return true;
    await delay(POLL_MS);
  }
  return false;
}

/** In doubt it is one: starting a second server on the same files would destroy them. */
async function isPostgres(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() =>
    run('ps', ['-o', 'comm=', '-p', String(pid)]).then(
      ({ stdout }) => stdout,
      () => 'postgres',
    ),
  );
  return command.includes('postgres');
}
