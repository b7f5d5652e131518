import { spawn } from 'node:child_process';

/**
 * Waits on a pipe from the starter. A line means that the server has ended in order; the end of the pipe without
 * one means that the starter is dead: fast shutdown, after 3 s immediate shutdown, after one more second the hard way.
 */
const script = `
trap '' INT TERM HUP
read -r done && exit 0
kill -INT "$1"
for pause in 0 1 1 1; do
  sleep "$pause"
  kill -0 "$1" 2>/dev/null || exit 0
done
kill -QUIT "$1"
sleep 1
kill -KILL "$1" 2>/dev/null
`;

/**
 * Ends the PostgreSQL server `pid` within 5 s after this process has died, however it dies (kill -9 too). The watcher
 * is a shell of about 1 MB in a session of its own. Returns the function that dismisses it once the server has ended.
 */
export function watch(pid: number): () => void {
  const watcher = spawn('/bin/sh', ['-c', script, 'stampede-postgres-watcher', String(pid)], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => undefined); // without a shell the server is merely not watched
  watcher.stdin.on('error', () => undefined); // the watcher itself was killed
  watcher.unref();
  if ('unref' in watcher.stdin && typeof watcher.stdin.unref === 'function') watcher.stdin.unref();
  return () => void watcher.stdin.end('ended\n');
}
