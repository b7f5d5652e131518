import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../files';
import { readProjects, type Project } from '../project';
import { withClaims } from './claims';
import { meshPolicies } from './mesh-policies';
import { networkPolicies } from './network-policies';
import { oxlintConfig } from './oxlint-config';
import { withAllReferences, withReferences } from './references';
import { withSettingsTables } from './settings-table';

/**
 * Brings every generated file or block up to date; returns the paths that were not. With `check` nothing is written.
 */
export function sync(root: string, { check }: { check: boolean }): string[] {
  const projects = readProjects(root);
  const settle = (wanted: readonly SourceFile[]): string[] => {
    const stale = wanted.filter(({ path, text }) => read(root, path) !== text);
    if (!check) for (const { path, text } of stale) writeFileSync(join(root, path), text);
    return stale.map(({ path }) => path);
  };
  // The tables come second: they are read from a build, which follows the references.
  return [
    ...settle(configurations(root, projects)),
    ...settle(withSettingsTables(root, projects)),
    ...settle(withClaims(root)),
  ];
}

function configurations(root: string, projects: readonly Project[]): SourceFile[] {
  const references = projects.map((project) => {
    const path = `${project.folder}/tsconfig.json`;
    return { path, text: withReferences(read(root, path) ?? '{}', project, projects) };
  });
  return [
    { path: '.oxlintrc.json', text: oxlintConfig(projects) },
    { path: 'tsconfig.json', text: withAllReferences(read(root, 'tsconfig.json') ?? '{}', projects) },
    ...references,
    ...meshPolicies(),
    networkPolicies(),
  ];
}

function read(root: string, path: string): string | undefined {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
