import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where a project stands: libs are 0 to 3, a service (the gateway too) and the web pages are ends of the graph. */
export type Level = 0 | 1 | 2 | 3 | 'service' | 'web';

export interface PackageJson {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly workspaces?: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly nx?: { readonly tags?: readonly string[] };
}

/** One workspace: its package.json is all there is to say about it. */
export interface Project {
  /** `orders` for the package @stampede/orders. */
  readonly name: string;
  readonly folder: string;
  readonly level: Level;
  /** Names of the projects that its package.json depends on. */
  readonly dependencies: readonly string[];
  readonly packageJson: PackageJson;
}

export const SCOPE = '@stampede/';

/**
 * Every workspace of the root package.json, in the order of names. @throws Error for a project without a `level:` tag
 */
export function readProjects(root: string): Project[] {
  const { workspaces = [] } = readPackageJson(root);
  const folders = globSync(
    [...workspaces].map((pattern) => `${pattern}/package.json`),
    { cwd: root },
  ).map((file) => dirname(file));
  return folders
    .map((folder) => projectOf(folder, readPackageJson(join(root, folder))))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export function projectOf(folder: string, packageJson: PackageJson): Project {
  const { dependencies = {}, devDependencies = {} } = packageJson;
  return {
    name: packageJson.name.replace(SCOPE, ''),
    folder,
    level: levelOf(packageJson.name, packageJson.nx?.tags ?? []),
    dependencies: internal([...Object.keys(dependencies), ...Object.keys(devDependencies)]),
    packageJson,
  };
}

export function readPackageJson(folder: string): PackageJson {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;
}

/** Of these packages, the projects of this workspace, by their short names. */
export function internal(packages: readonly string[]): string[] {
  return packages.filter((name) => name.startsWith(SCOPE)).map((name) => name.replace(SCOPE, ''));
}

/** @throws Error unless exactly one tag says the level: without it no rule would bind the project */
export function levelOf(name: string, tags: readonly string[]): Level {
  const levels = tags.filter((tag) => tag.startsWith('level:')).map((tag) => tag.slice('level:'.length));
  const [level] = levels;
  if (levels.length !== 1 || level === undefined || !/^([0-3]|service|web)$/.test(level)) {
    throw new Error(`${name} needs one nx tag of level:0 to level:3, level:service or level:web`);
  }
  return level === 'service' || level === 'web' ? level : (Number(level) as Level);
}
