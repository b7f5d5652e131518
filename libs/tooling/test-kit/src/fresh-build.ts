import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openDatabase } from '@stampede/db';
import { testServerUrl } from '@stampede/db/testing';
import { sql } from 'kysely';
import { projectRoot } from './project-root';

/** Any number that no other test takes: test files that build at the same time take turns by it. */
const BUILD_LOCK = 7_267_834;

const turns = new Map<string, Promise<void>>();

/**
 * Brings dist/ up to date, of these projects or of all as `npm start` does, so that no process under test is a stale
 * build. Once a test file; files of one run take turns, because a build must not change what another file's processes
 * are just loading. @throws Error with the compiler's lines
 */
export function freshBuild(folders: readonly string[] = []): Promise<void> {
  const key = folders.join();
  const turn = turns.get(key) ?? inTurn(() => build(folders));
  turns.set(key, turn);
  return turn;
}

async function inTurn(work: () => Promise<void>): Promise<void> {
  const server = new URL(testServerUrl());
  server.pathname = '/postgres';
  const database = openDatabase({ url: server.href, applicationName: 'build', poolSize: 1, statementTimeoutMs: 0 });
  try {
    await database.kysely.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${BUILD_LOCK})`.execute(connection); // given back with the connection
      await work();
    });
  } finally {
    await database.close();
  }
}

async function build(folders: readonly string[]): Promise<void> {
  const { NODE_OPTIONS: _, ...env } = process.env; // jest's options are no compiler's
  const compiler = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const whole = [join(projectRoot, 'bin', 'stampede.mjs'), 'build'];
  const child = spawn(process.execPath, folders.length === 0 ? whole : [compiler, '-b', ...folders], {
    cwd: projectRoot,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => lines.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the build failed:\n${Buffer.concat(lines).toString('utf8')}`);
}
