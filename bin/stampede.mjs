#!/usr/bin/env node
// The first step of the command line, in JavaScript that an old Node can read: it finds a Node that is new enough,
// brings the build up to date and hands over to libs/tooling/cli. `npm start` and `npx stampede` come here in the same
// way.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { findNode, isNewEnough, oldestNode } from './node.mjs';
import { runForwardingSignals } from './run.mjs';

/** The others need no more than the command line itself, so they work while a service does not compile. */
const verbsOfWholeBuild = ['start', 'test', 'build', 'bench', 'prove', 'sbom'];
const commandLine = join('libs', 'tooling', 'cli');

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function refuse(line) {
  process.stderr.write(`stampede: ${line}\n`);
  process.exit(1);
}

async function main() {
  if (!existsSync(join(root, 'node_modules', '.package-lock.json')))
    refuse('node_modules is missing: run `npm ci` first');

  if (!isNewEnough(process.versions.node)) {
    const node = findNode(root);
    if (node === undefined) {
      refuse(
        `Node ${oldestNode} or newer is needed, this is ${process.versions.node}, and npm brought none for ` +
          `${process.platform}-${process.arch}: run \`npm ci\` without --omit=optional, or install a newer Node`,
      );
    }
    const env = { ...process.env, STAMPEDE_WRAPPER: '1' };
    return runForwardingSignals(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { env });
  }

  const verb = process.argv[2];
  const project = verbsOfWholeBuild.includes(verb) ? '.' : commandLine;
  const problem = await build(root, { project, check: verb === 'build' });
  if (problem !== undefined) refuse(problem);
  if (verb === 'build') return;
  const { main: runCli } = createRequire(import.meta.url)(join(root, commandLine, 'dist', 'index.js'));
  await runCli(process.argv, root);
}

await main();
