import type { SourceFile } from '../files';
import { lineAt } from './source-text';

/** One place that breaks a habit of the house. */
export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly problem: string;
}

/** A habit as a pure function over all files of the project, so that a test can plant a sin. */
export type Rule = (files: readonly SourceFile[]) => Finding[];

/** A rule that looks at one file at a time, at those that `applies` picks. */
export function perFile(applies: (path: string) => boolean, look: (file: SourceFile) => Finding[]): Rule {
  return (files) => files.filter(({ path }) => applies(path)).flatMap(look);
}

/** A finding for each place where `pattern` occurs in `text`, which must have the lines of the file at `path`. */
export function occurrences(path: string, text: string, pattern: RegExp, problem: string): Finding[] {
  const global = new RegExp(pattern, pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`);
  return [...text.matchAll(global)].map((match) => ({ path, line: lineAt(text, match.index), problem }));
}

export const isTypeScript = (path: string): boolean => path.endsWith('.ts');
export const isTest = (path: string): boolean => /(\.spec\.ts|\.suite\.ts)$|(^|\/)(test|bench|testing)\//.test(path);
/** What runs in the shop itself. */
export const isProduct = (path: string): boolean =>
  isTypeScript(path) &&
  !isTest(path) &&
  /^(services\/[^/]+|gateway|libs\/(model|mechanism)\/[^/]+|libs\/service-kit)\/src\//.test(path);
export const isService = (path: string): boolean => isProduct(path) && /^(services|gateway)\//.test(path);
/** What k6 runs, which is no Node: its files import k6 and each other. */
export const isLoadScript = (path: string): boolean =>
  isTypeScript(path) && /^load-tests\/(client|scenarios)\//.test(path);
