import type { PackageJson } from '../project';
import { lineAt } from './source-text';
import { perFile, type Finding, type Rule } from './rule';

const isPackage = (path: string): boolean => /(^|\/)package\.json$/.test(path);
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/** Every version is exact: the same clone gives the same shop. */
export const exactVersions: Rule = perFile(isPackage, ({ path, text }) =>
  dependenciesOf(text)
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => ({
      path,
      line: lineAt(text, text.indexOf(`"${name}"`)),
      problem: `${name} ${version} is not an exact version`,
    })),
);

/** One version of a package for the whole house. */
export const oneVersion: Rule = (files) => {
  const wanted = files
    .filter(({ path }) => isPackage(path))
    .flatMap(({ path, text }) => dependenciesOf(text).map(([name, version]) => ({ path, name, version })));
  const first = new Map(wanted.toReversed().map((use) => [use.name, use]));
  return wanted.flatMap(({ path, name, version }): Finding[] => {
    const other = first.get(name);
    if (other === undefined || other.version === version) return [];
    return [{ path, line: 1, problem: `${name} is ${version} here and ${other.version} in ${other.path}` }];
  });
};

function dependenciesOf(text: string): [name: string, version: string][] {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(text) as PackageJson;
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
}
