import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { mitigated } from '@stampede/topology';
import { prepareCluster, type Cluster } from './cluster';
import { EmbeddedPostgresError, explain } from './embedded.errors';
import { awaitFormerServer, becomesReady } from './former-server';
import { watch } from './watcher';

/** Recovery after a power cut reads at most max_wal_size; this is far above what that takes. */
const START_TIMEOUT_MS = 60_000;
/** A fast shutdown writes what is dirty, at most the shared buffers; after this it is cut short. */
const STOP_TIMEOUT_MS = 10_000;
/** Children of a server that was killed leave its shared memory within about a second. */
const LEFTOVER_RETRIES = 10;
const LEFTOVER_PAUSE_MS = 300;

/** A running server; only 127.0.0.1 reaches it, any user of this machine may log in. */
export interface EmbeddedPostgres {
  /** Address of the server without a database: see `ensureDatabase`. */
  readonly url: string;
  readonly pid: number;
  /** Settles when the server has ended: with undefined after `stop`, else with why. Never rejects. */
  readonly exited: Promise<EmbeddedPostgresError | undefined>;
  /** Ends sessions and server in order (fast shutdown); resolves when no process is left. May be called twice. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Folder of the cluster; made at the first start, kept afterwards. */
  readonly dataDir: string;
  readonly port: number;
  /** Whether a commit survives a power cut (fsync). Default true; without it only a process may be killed. */
  readonly durable?: boolean;
  /** The shop's environment, where a lab may switch a protection off. Default: everything is on. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A data folder to copy at the first start instead of running initdb. */
  readonly template?: string;
}

/**
 * Starts a real PostgreSQL that needs no installation; resolves when it takes connections. It lives in a session of
 * its own, so the terminal's Ctrl-C does not reach it, and ends by itself within 5 s when this process dies, however
 * it dies. Works as root, where the server runs as an unprivileged user. Stop it.
 * @throws EmbeddedPostgresError port_busy, already_running, disk_full, unsupported_platform, start_failed
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = await prepareCluster(options.dataDir, options.template);
  await awaitFormerServer(cluster.dataDir);
  await assertPortFree(options.port);
  for (let retry = 0; ; retry += 1) {
    try {
      return await launch(cluster, options);
    } catch (error) {
      const leftover = error instanceof EmbeddedPostgresError && error.code === 'leftover_processes';
      if (!leftover || retry === LEFTOVER_RETRIES) throw error;
      await delay(LEFTOVER_PAUSE_MS);
    }
  }
}

async function launch(cluster: Cluster, options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const logFile = join(cluster.dataDir, 'server.log');
  await rename(logFile, `${logFile}.before`).catch(() => undefined); // there is none at the first start
  const log = openSync(logFile, 'a', 0o600);
  const server = spawn(join(cluster.native, 'bin', 'postgres'), serverArguments(cluster.dataDir, options), {
    ...cluster.identity,
    cwd: cluster.dataDir,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    detached: true, // its own session: the terminal's signals are not meant for it
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  server.unref();
  const ended = new Promise<string>((resolve) => {
    const settle = (cause?: Error): void =>
      void readFile(logFile, 'utf8').then(
        (text) => resolve(`${cause?.message ?? ''}${text}`),
        () => resolve(cause?.message ?? ''),
      );
    server.once('error', settle);
    server.once('exit', () => settle());
  });
  const pid = server.pid;
  if (pid === undefined) throw explain(await ended, options);
  const dismissWatcher = watch(pid);
  const gone = new AbortController();
  void ended.then(() => {
    dismissWatcher();
    gone.abort();
  });
  if (!(await becomesReady(cluster.dataDir, pid, START_TIMEOUT_MS, gone.signal))) {
    if (gone.signal.aborted) throw explain(await ended, options);
    server.kill('SIGKILL');
    throw explain(`not ready after ${START_TIMEOUT_MS / 1_000} s, see ${logFile}`, options);
  }
  let asked = false;
  return {
    url: `postgres://postgres@127.0.0.1:${options.port}`,
    pid,
    exited: ended.then((text) => (asked ? undefined : explain(text, options))),
    stop() {
      asked = true;
      return stop(server, ended);
    },
  };
}

/** As PostgreSQL does by itself: a commit is answered once it is on disk. */
const COMMITS_ON_DISK: Readonly<Record<string, string>> = {};
/** For the control of a claim: a commit is answered before it is on disk, and stays in memory as long as can be. */
const COMMITS_IN_MEMORY: Readonly<Record<string, string>> = {
  synchronous_commit: 'off',
  wal_writer_delay: '10s',
  wal_writer_flush_after: '1GB',
  wal_buffers: '16MB',
};

function serverArguments(dataDir: string, options: EmbeddedPostgresOptions): string[] {
  const settings = {
    port: options.port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '', // a path may be too long for a socket, and nobody needs one
    max_connections: 200,
    shared_buffers: '32MB', // the busy pages of ten small databases; every page touched counts as memory of the shop
    io_method: 'sync', // no I/O worker processes: three processes less
    jit: 'off', // short queries only
    max_parallel_workers_per_gather: 0, // containers have little /dev/shm
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '256MB', // bounds the recovery after a crash
    checkpoint_timeout: '10min',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_error_verbosity: 'terse', // a DETAIL would quote rows, and with them personal data
    log_min_error_statement: 'panic', // so would a statement
    log_min_messages: 'log', // errors are the caller's: a duplicate key is daily business
    log_checkpoints: 'off',
    ...mitigated('commit-on-disk', COMMITS_ON_DISK, COMMITS_IN_MEMORY, options.env ?? {}),
    ...(options.durable === false && { fsync: 'off', full_page_writes: 'off' }),
  };
  return ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

async function stop(server: ChildProcess, ended: Promise<string>): Promise<void> {
  server.ref(); // whoever waits for the end must not exit before it
  server.kill('SIGINT'); // PostgreSQL's fast shutdown
  const cutShort = setTimeout(() => server.kill('SIGQUIT'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(cutShort);
}

/** Asked before the start, because the server's own message comes late and names no remedy. */
async function assertPortFree(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (cause) => reject(explain('Address already in use', { port }, cause)));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve()));
  });
}
