// Runs one program as if it had taken this process' place: same terminal, same signals, same end.
import { spawn } from 'node:child_process';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** Ends this process as the program ended: with its exit code, or by the signal that killed it. */
export function runForwardingSignals(program, args, { env }) {
  return new Promise(() => {
    const forward = (signal) => child.kill(signal);
    for (const signal of forwarded) process.on(signal, forward); // first: the program may be quicker than the next line
    const child = spawn(program, args, { env, stdio: 'inherit' });
    child.once('error', (error) => {
      process.stderr.write(`stampede: ${program} cannot be run: ${error.message}\n`);
      process.exit(1);
    });
    child.once('exit', (code, signal) => {
      if (signal === null) process.exit(code);
      for (const name of forwarded) process.off(name, forward);
      process.kill(process.pid, signal);
    });
  });
}
