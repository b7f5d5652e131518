import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { eraseEmbeddedPostgres } from '@stampede/db';
import type { Environment } from './plan';
import { Refusal } from './refusal';

/** Written into every state folder, so that nothing else is ever taken for one and erased. */
const MARKER = '.gitignore';
const MARKER_TEXT = '# State of a Stampede shop: `npx stampede erase` deletes this folder.\n*\n';

const LOWEST_FREE_BYTES = 1_000_000_000; // PostgreSQL's log segments and a day of orders fit into it
const LOG_ROTATION_BYTES = 10_000_000; // above this a log is set aside when its process starts

/** Where the shop keeps everything: `STAMPEDE_STATE_DIR`, or `.stampede` in the project. */
export function stateFolder(root: string, env: Environment): string {
  return resolve(root, env['STAMPEDE_STATE_DIR'] ?? '.stampede');
}

/** Makes the folder ready for a shop. @throws Refusal when it belongs to something else or the disk is almost full. */
export async function prepareStateFolder(folder: string): Promise<void> {
  try {
    if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, MARKER))) {
      throw new Refusal(
        `${folder} holds something else than a shop's state: set STAMPEDE_STATE_DIR to an empty folder`,
      );
    }
    mkdirSync(join(folder, 'logs'), { recursive: true });
    writeFileSync(join(folder, MARKER), MARKER_TEXT);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`${folder} cannot be written (${codeOf(error)}): make it writable or set STAMPEDE_STATE_DIR`, {
      cause: error,
    });
  }
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < LOWEST_FREE_BYTES) {
    const freeMegabytes = Math.round((bavail * bsize) / 1_000_000);
    throw new Refusal(
      `the disk of ${folder} has ${freeMegabytes} MB left, of 1000 MB needed: free some, or set STAMPEDE_STATE_DIR`,
    );
  }
}

/**
 * Deletes the folder with every order in it. @returns false when there was nothing. @throws Refusal when it is no
 * shop's state.
 */
export async function eraseStateFolder(folder: string): Promise<boolean> {
  if (!existsSync(folder)) return false;
  if (!existsSync(join(folder, MARKER))) throw new Refusal(`${folder} is not a shop's state, so it is left alone`);
  await eraseEmbeddedPostgres(join(folder, 'postgres'));
  rmSync(folder, { recursive: true, force: true });
  return true;
}

/**
 * The file that a process writes its lines to; a large one from earlier runs is set aside first, and one such is kept.
 */
export function logFileOf(folder: string, name: string): string {
  const file = join(folder, 'logs', `${name}.log`);
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > LOG_ROTATION_BYTES) renameSync(file, `${file}.1`);
  return file;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
