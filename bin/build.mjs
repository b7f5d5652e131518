// Brings every dist/ up to date. TypeScript's own build info makes this a tenth of a second when nothing changed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** @returns one line that says what is wrong, or undefined when `project` and all it refers to are up to date */
export async function build(root, project = '.') {
  let compiler;
  try {
    compiler = createRequire(join(root, 'package.json')).resolve('typescript/package.json');
  } catch {
    return 'the TypeScript compiler is missing: run `npm ci` without --omit=dev';
  }
  const compiled = await run(process.execPath, [join(compiler, '..', 'bin', 'tsc'), '-b', project], root);
  if (!compiled) return 'the build failed; the lines above say where';
  if (project !== '.') return undefined;
  const web = join(root, 'gateway', 'web', 'build.mjs');
  if (existsSync(web) && !(await run(process.execPath, [web], root)))
    return 'the build of the web pages failed; the lines above say where';
  return undefined;
}

/** Output of a build goes to stderr, so that stdout stays the command's own. */
function run(program, args, root) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 2, 2] });
    const stop = (signal) => {
      child.kill(signal);
      process.exit(1);
    };
    process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
    child.once('error', () => resolve(false));
    child.once('exit', (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop);
      resolve(code === 0);
    });
  });
}
