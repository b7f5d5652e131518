import { spawn } from 'node:child_process';

/**
 * Outlives a runner that was killed: its standard input then ends. The services see the same on theirs and have three
 * seconds to finish; whatever hangs is killed. A shell, because it costs 1 MB where a Node costs 40.
 */
const SCRIPT = `
trap '' INT TERM HUP QUIT
services=
while read -r line; do
  case $line in
    dismissed) exit 0 ;;
    *) services=$line ;;
  esac
done
sleep 3
[ -z "$services" ] || kill -KILL $services
`;

export interface Guardian {
  /** Names the processes that must not outlive the runner, in place of those named before. */
  watch(pids: readonly number[]): void;
  /** Sends it home after an orderly stop; resolves when it has ended. */
  dismiss(): Promise<void>;
}

/** Without a shell there is no guardian, and the services are merely trusted to end by themselves. */
export function startGuardian(): Guardian {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.stdin.on('error', () => undefined); // somebody killed it
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()).once('error', () => resolve()));
  return {
    watch: (pids) => {
      if (shell.stdin.writable) shell.stdin.write(`${pids.join(' ')}\n`);
    },
    dismiss: () => {
      shell.stdin.end('dismissed\n');
      return ended;
    },
  };
}
