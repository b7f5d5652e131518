import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One file of the project: its path from the root with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const skipped = new Set(['node_modules', 'dist', '.git', '.nx', '.stampede', 'coverage']);

/** Every file below `root` that somebody wrote, in the order of paths, whose name ends as one of `endings`. */
export function readFiles(root: string, endings: readonly string[]): SourceFile[] {
  return pathsBelow(root, '')
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function pathsBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? pathsBelow(root, path) : [path];
  });
}
