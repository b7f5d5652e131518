// Brings every dist/ up to date. TypeScript's own build info makes this a tenth of a second when nothing changed.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Without `check` types are left unchecked: from a fresh clone that takes a quarter of the time, and a later checked
 * build still finds every error. @returns one line that says what is wrong, or undefined when `project` and all it
 * refers to are up to date
 */
export async function build(root, { project = '.', check = false } = {}) {
  let compiler;
  try {
    compiler = createRequire(join(root, 'package.json')).resolve('typescript/package.json');
  } catch {
    return 'the TypeScript compiler is missing: run `npm ci` without --omit=dev';
  }
  const compiled = await run(
    process.execPath,
    [join(compiler, '..', 'bin', 'tsc'), '-b', project, ...(check ? [] : ['--noCheck'])],
    root,
  );
  if (!compiled) return 'the build failed; the lines above say where';
  if (project !== '.' || pagesAreFresh(root)) return undefined;
  const bundled = await run(process.execPath, [join(root, pages, 'build.mjs')], root);
  return bundled ? undefined : 'the build of the web pages failed; the lines above say where';
}

const pages = join('gateway', 'web');

/** Whether nothing that the bundle is made of is newer than it; a folder is newer when a file came or went. */
function pagesAreFresh(root) {
  const builtAt = modifiedAt(join(root, pages, 'dist', 'manifest.json'));
  const sources = readdirSync(join(root, pages, 'src'), { recursive: true }).map((path) => join('src', path));
  const inputs = ['src', 'build.mjs', 'package.json', ...sources].map((path) => join(root, pages, path));
  const contracts = join(root, 'libs', 'model', 'contracts', 'dist', '.tsbuildinfo');
  return [...inputs, contracts].every((path) => modifiedAt(path) <= builtAt);
}

/** Milliseconds; 0 for what is not there. */
function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Output of a build goes to stderr, so that stdout stays the command's own. */
function run(program, args, root) {
  return new Promise((resolve) => {
    const stop = (signal) => {
      child.kill(signal);
      process.exit(1);
    };
    process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 2, 2] });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop);
      resolve(code === 0);
    });
  });
}
