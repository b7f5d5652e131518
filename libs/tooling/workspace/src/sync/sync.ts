import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../files';
import { readProjects } from '../project';
import { oxlintConfig } from './oxlint-config';
import { withAllReferences, withReferences } from './references';
import { withSettingsTable } from './settings-table';

/** Brings every generated file or block up to date; returns the paths that were not. With `check` nothing is written. */
export function sync(root: string, { check }: { check: boolean }): string[] {
  const stale = wanted(root).filter(({ path, text }) => read(root, path) !== text);
  if (!check) for (const { path, text } of stale) writeFileSync(join(root, path), text);
  return stale.map(({ path }) => path);
}

/** Every generated file as it should be. */
function wanted(root: string): SourceFile[] {
  const projects = readProjects(root);
  const references = projects.map((project) => {
    const path = `${project.folder}/tsconfig.json`;
    return { path, text: withReferences(read(root, path) ?? '{}', project, projects) };
  });
  const tables = projects.flatMap((project) => withSettingsTable(root, project));
  return [
    { path: '.oxlintrc.json', text: oxlintConfig(projects) },
    { path: 'tsconfig.json', text: withAllReferences(read(root, 'tsconfig.json') ?? '{}', projects) },
    ...references,
    ...tables,
  ];
}

function read(root: string, path: string): string | undefined {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
