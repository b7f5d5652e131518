import type { Log } from './nest-logger';

export interface Stoppable {
  readonly name: string;
  /** Drains and closes; never rejects for long-running work, that is cut off. */
  stop(): Promise<void>;
}

export interface Life {
  /** Ends when standard input does, and leaves Ctrl-C to the parent. */
  readonly parentPipe: boolean;
  readonly log: Log;
  /** `at-once` is how a process ends that nobody has taught to drain. */
  readonly ending: 'drain' | 'at-once';
}

/** After that, whatever still runs is given up: the platform would kill the process anyway. */
const STOP_DEADLINE_MS = 25_000;

const running = new Set<Stoppable>();
let armed = false;
let stopping: Promise<void> | undefined;

/**
 * Ties a service to this process: SIGTERM (and SIGINT, unless a parent coordinates) drains all services of the
 * process, then exits. With `parentPipe` the end of standard input does the same, so that no service outlives its
 * runner.
 */
export function liveWithProcess(service: Stoppable, options: Life): void {
  running.add(service);
  if (armed) return;
  armed = true;
  const stop = (reason: string) => {
    if (options.ending === 'at-once') process.exit(0);
    stopping ??= stopAll(reason, options.log);
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => {
    if (!options.parentPipe) stop('SIGINT');
  });
  if (options.parentPipe) watchParent(() => stop('the parent is gone'));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      options.log.error({ err: error }, 'the process cannot go on');
      process.exit(1);
    });
  }
}

function watchParent(onGone: () => void): void {
  process.stdin.on('end', onGone).on('close', onGone).on('error', onGone).resume();
  (process.stdin as { unref?: () => void }).unref?.();
}

async function stopAll(reason: string, log: Log): Promise<void> {
  log.info({ reason }, 'stopping');
  setTimeout(() => {
    log.error({}, 'stopping took too long');
    process.exit(1);
  }, STOP_DEADLINE_MS).unref();
  const results = await Promise.allSettled([...running].map((service) => service.stop()));
  for (const result of results)
    if (result.status === 'rejected') log.error({ err: result.reason as unknown }, 'stopping failed');
  process.exit(results.some(({ status }) => status === 'rejected') ? 1 : 0);
}
