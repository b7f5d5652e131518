import { execFileSync } from 'node:child_process';
import { isAlive } from '@stampede/supervisor';

const POLL_MS = 500;

/**
 * Calls `then` once when npm, or the older Node that bin/stampede.mjs was started with, has been killed, unless what
 * it returns was called before. What was started otherwise may outlive its shell, as `nohup` wants it.
 */
export function whenOrphaned(then: () => void, env: NodeJS.ProcessEnv = process.env): () => void {
  const byOlderNode = env['STAMPEDE_WRAPPER'] !== undefined;
  const byNpm = env['npm_command'] !== undefined;
  if (!byOlderNode && !byNpm) return () => undefined;
  const parent = process.ppid;
  const npm = byNpm && !byOlderNode ? parentOfShell(parent) : undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || isAlive(npm))) return;
    clearInterval(timer);
    then();
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** npm runs a script by a shell, which may stay between the two and would not notice npm's death. */
function parentOfShell(pid: number): number | undefined {
  try {
    const [parent = '', name = ''] = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return /^(.*\/)?-?(sh|dash|bash|zsh)$/.test(name) ? Number(parent) : undefined;
  } catch {
    return undefined; // a system without ps: the death of npm alone is then not noticed
  }
}
