import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Refusal } from '@stampede/supervisor';
import { whenOrphaned } from './orphan';

/** The tools of the lock file come first, Node included. */
export function toolPath(root: string, path: string | undefined): string {
  return [join(root, 'node_modules', '.bin'), path].filter((part) => part !== undefined).join(':');
}

/**
 * Runs a tool of the project in the same terminal; it ends when whoever started this process was killed. Resolves with
 * its exit code, 1 when a signal ended it.
 */
export function runTool(
  root: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<number> {
  const PATH = toolPath(root, process.env['PATH']);
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  const unwatch = whenOrphaned(() => pass('SIGTERM'));
  const child = spawn(program, [...args], { cwd: root, env: { ...process.env, ...env, PATH }, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new Refusal(`${program} cannot be run: try \`npm ci\``, { cause })));
    child.once('exit', (code) => {
      unwatch();
      for (const signal of signals) process.off(signal, pass);
      resolve(code ?? 1);
    });
  });
}
