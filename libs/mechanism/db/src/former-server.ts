import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { explain } from './embedded.errors';
import { isAlive } from './process-alive';

const run = promisify(execFile);

/** A server whose starter was killed needs up to 5 s to end; see watcher.ts. */
const FORMER_SERVER_TIMEOUT_MS = 6_000;
const POLL_MS = 50;

/**
 * Resolves when no server runs on `dataDir` any more. A pid file that a crash left behind is removed if its process is gone or is
 * another program by now: PostgreSQL itself would refuse to start when the number has been given out again.
 * @throws EmbeddedPostgresError already_running
 */
export async function awaitFormerServer(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  const deadline = Date.now() + FORMER_SERVER_TIMEOUT_MS;
  for (;;) {
    const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
    if (!Number.isInteger(pid) || pid <= 0) return;
    if (!isAlive(pid) || !(await isPostgres(pid))) return rm(pidFile, { force: true });
    if (Date.now() > deadline) throw explain('lock file "postmaster.pid" already exists', { dataDir });
    await delay(POLL_MS);
  }
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
