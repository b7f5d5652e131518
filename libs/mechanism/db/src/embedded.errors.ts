import { freemem } from 'node:os';

export type EmbeddedPostgresCode =
  | 'port_busy'
  | 'already_running'
  | 'disk_full'
  | 'unsupported_platform'
  | 'leftover_processes'
  | 'start_failed';

/** The embedded PostgreSQL cannot run; the message is one line and says what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';

  constructor(
    readonly code: EmbeddedPostgresCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Finds out of what the server or initdb printed why it failed. */
export function explain(
  output: string,
  where: { port?: number; dataDir?: string },
  cause?: unknown,
): EmbeddedPostgresError {
  const options = cause === undefined ? {} : { cause };
  if (/No space left on device|Disk quota exceeded|ENOSPC/.test(output)) {
    const message = `the disk with ${where.dataDir ?? 'the data folder'} is full: free 200 MB and start again`;
    return new EmbeddedPostgresError('disk_full', message, options);
  }
  if (/Address already in use|EADDRINUSE|could not create any TCP\/IP sockets/.test(output)) {
    const message = `port ${where.port} is in use: stop what listens there, or move all ports by STAMPEDE_PORT_BASE`;
    return new EmbeddedPostgresError('port_busy', message, options);
  }
  if (/lock file "postmaster.pid" already exists/.test(output)) {
    const message = `another PostgreSQL already runs on ${where.dataDir}: stop that shop first`;
    return new EmbeddedPostgresError('already_running', message, options);
  }
  if (/pre-existing shared memory block/.test(output)) {
    const message = `processes of a killed PostgreSQL still use ${where.dataDir}: wait a moment and start again`;
    return new EmbeddedPostgresError('leftover_processes', message, options);
  }
  if (/error while loading shared libraries|Library not loaded|ENOEXEC|cannot execute binary/.test(output)) {
    return unsupported(lastLine(output), options);
  }
  if (/database files are incompatible with server/.test(output)) {
    const message = `the data in ${where.dataDir} is of another PostgreSQL version: erase it, or use that version`;
    return new EmbeddedPostgresError('start_failed', message, options);
  }
  const nameless = /could not look up effective user ID (\d+)/.exec(output)?.[1];
  if (nameless !== undefined) return unsupported(`user ${nameless} has no name in the user database`, options);
  const memory = /Cannot allocate memory/.test(output) ? ` (${Math.round(freemem() / 2 ** 20)} MB free)` : '';
  return new EmbeddedPostgresError('start_failed', `PostgreSQL does not run: ${lastLine(output)}${memory}`, options);
}

/** This machine cannot run the binaries that came with the packages. */
export function unsupported(reason: string, options?: ErrorOptions): EmbeddedPostgresError {
  const message = `the embedded PostgreSQL does not run here (${reason}): set DATABASE_URL to a PostgreSQL of your own`;
  return new EmbeddedPostgresError('unsupported_platform', message, options);
}

function lastLine(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => /FATAL|PANIC|error/i.test(line));
  return (telling ?? lines.at(-1) ?? 'it printed nothing').trim();
}
