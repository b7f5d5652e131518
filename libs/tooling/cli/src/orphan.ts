const POLL_MS = 500;

/**
 * Calls `then` once when npm, or the older Node that bin/stampede.mjs was started with, has been killed. A shop that was started
 * otherwise may outlive its shell, as `nohup` wants it.
 */
export function whenOrphaned(then: () => void, env: NodeJS.ProcessEnv = process.env): void {
  if (env['STAMPEDE_WRAPPER'] === undefined && env['npm_command'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, POLL_MS);
  timer.unref();
}
