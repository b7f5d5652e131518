import { posix } from 'node:path';
import type { Project } from '../project';

interface TsConfig {
  references?: { path: string }[];
  [key: string]: unknown;
}

/** A project's tsconfig.json with the references that its package.json calls for; the rest of it stays. */
export function withReferences(text: string, project: Project, projects: readonly Project[]): string {
  const targets = project.dependencies.flatMap((name) => projects.filter((other) => other.name === name));
  const paths = targets.map((target) => posix.relative(project.folder, target.folder));
  return rewritten(text, paths);
}

/** The root tsconfig.json: every project, those known already in their order. */
export function withAllReferences(text: string, projects: readonly Project[]): string {
  const known = (JSON.parse(text) as TsConfig).references?.map(({ path }) => path) ?? [];
  const folders = projects.map(({ folder }) => folder);
  const kept = known.filter((path) => folders.includes(path));
  return rewritten(text, [...kept, ...folders.filter((folder) => !kept.includes(folder))]);
}

function rewritten(text: string, paths: readonly string[]): string {
  const config = JSON.parse(text) as TsConfig;
  if (paths.length > 0 || config.references !== undefined) config.references = paths.map((path) => ({ path }));
  return `${JSON.stringify(config, null, 2)}\n`;
}
