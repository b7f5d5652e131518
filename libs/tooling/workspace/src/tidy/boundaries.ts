import { posix } from 'node:path';
import { forbidden, mayUseNest } from '../boundaries';
import type { SourceFile } from '../files';
import { SCOPE, projectOf, type PackageJson, type Project } from '../project';
import {
  isLoadScript,
  isProduct,
  isService,
  isTest,
  isTypeScript,
  occurrences,
  perFile,
  type Finding,
  type Rule,
} from './rule';
import { halvesOf, insideBrackets, lineAt } from './source-text';

const IMPORT = /(?:\b(?:from|import)\s+|\b(?:import|require)\(\s*)'([^'\n]+)'/g;

/** Every import stays in its project, or names a package that its package.json lists and the house allows. */
export const imports: Rule = (files) => {
  const projects = files
    .filter(({ path }) => path.endsWith('/package.json'))
    .map(({ path, text }) => ({ folder: posix.dirname(path), packageJson: JSON.parse(text) as Partial<PackageJson> }))
    .filter(
      (found): found is { folder: string; packageJson: PackageJson } =>
        found.packageJson.name?.startsWith(SCOPE) === true,
    )
    .map(({ folder, packageJson }) => projectOf(folder, packageJson));
  return files
    .filter(({ path }) => isTypeScript(path) && !isLoadScript(path))
    .flatMap((file) => importFindings(file, projects));
};

function importFindings({ path, text }: SourceFile, projects: readonly Project[]): Finding[] {
  const inside = projects.filter(({ folder }) => path.startsWith(`${folder}/`));
  const project = inside.toSorted((a, b) => b.folder.length - a.folder.length)[0]; // gateway/web lies in gateway
  if (project === undefined) return [];
  const { code } = halvesOf(text);
  return [...code.matchAll(IMPORT)].flatMap((match) => {
    const problem = importProblem(path, match[1] ?? '', project, projects);
    return problem === undefined ? [] : [{ path, line: lineAt(code, match.index), problem: `${match[1]}: ${problem}` }];
  });
}

function importProblem(path: string, name: string, project: Project, projects: readonly Project[]): string | undefined {
  if (name.startsWith('.')) {
    const target = posix.join(posix.dirname(path), name);
    return target.startsWith(`${project.folder}/`) ? undefined : 'leaves its project';
  }
  if (name.startsWith('node:')) return project.level === 0 && !isTest(path) ? 'level 0 does no I/O' : undefined;
  if (!isTest(path) && !isListed(name, project)) return 'is not in the package.json of its project';
  if (name.startsWith('@nestjs/'))
    return mayUseNest(project) || isTest(path) ? undefined : 'Nest is for the edges of a process';
  if (!name.startsWith(SCOPE)) return undefined;
  const target = projects.find((other) => other.name === name.slice(SCOPE.length).split('/')[0]);
  if (target === undefined) return 'there is no such project';
  const entry = `.${name.slice(SCOPE.length + target.name.length)}`;
  const exported = target.packageJson.exports?.[entry] !== undefined;
  return forbidden(project, target, isTest(path)) ?? (exported ? undefined : 'is not an entry of that package');
}

function isListed(name: string, { packageJson }: Project): boolean {
  const [first = '', second = ''] = name.split('/');
  const listed = { ...packageJson.dependencies, ...packageJson.devDependencies }; // the latter for types alone
  return (name.startsWith('@') ? `${first}/${second}` : first) in listed;
}

/** Scenarios are k6 and the client that all of them share: anything else k6 could not load, or would not be a buyer. */
export const loadScripts: Rule = perFile(isLoadScript, ({ path, text }) => {
  const { code } = halvesOf(text);
  return [...code.matchAll(IMPORT)].flatMap((match) => {
    const name = match[1] ?? '';
    const target = posix.join(posix.dirname(path), name);
    const isClient = name.startsWith('.') && target.startsWith('load-tests/client/') && target.endsWith('.ts');
    if (isClient || /^k6(\/|$)/.test(name)) return [];
    return [{ path, line: lineAt(code, match.index), problem: `${name}: k6 files import k6 and client/*.ts alone` }];
  });
});

/** Level 0 is the same for the same input, always. */
export const purity: Rule = perFile(
  (path) => /^libs\/model\//.test(path) && isProduct(path),
  ({ path, text }) =>
    occurrences(
      path,
      halvesOf(text).code,
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bfetch\(|\bprocess\./,
      'level 0 has no clock, chance or I/O',
    ),
);

/** The environment is read once and in one place; code never asks where it runs. */
export const environment: Rule = perFile(isProduct, ({ path, text }) => {
  const { code } = halvesOf(text);
  const reads = isService(path) && !path.endsWith('/config.ts');
  return [
    ...(reads ? occurrences(path, code, /\bprocess\.env\b/, 'the environment is read in config.ts alone') : []),
    ...occurrences(
      path,
      code,
      /\bNODE_ENV\b|['"](production|staging|development)['"]/,
      'a name of an environment in code',
    ),
    ...(isService(path)
      ? occurrences(
          path,
          code,
          /['"`]https?:\/\/(localhost|127\.0\.0\.1)\b/,
          'an address of a peer: config has it, without a default',
        )
      : []),
    ...occurrences(path, code, /\burlList\(\{[^}]*\bdefault\b/, "a default for peers' addresses"),
  ];
});

const REMOTE = /\b(peers|provider|http|client)\.\w+[.(]|\bfetch\(/;

/** A transaction holds rows locked: nothing remote is waited for in it. */
export const transactions: Rule = perFile(isService, ({ path, text }) => {
  const { code } = halvesOf(text);
  return [...code.matchAll(/\.(transaction|once)\(/g)].flatMap((match) => {
    const body = insideBrackets(code, match.index + match[0].length - 1);
    if (!REMOTE.test(body)) return [];
    return [{ path, line: lineAt(code, match.index), problem: 'a remote call inside a database transaction' }];
  });
});

/** Faults come from the platform, the provider or a proxy: business code has no switch for them. */
export const faultSwitches: Rule = perFile(
  (path) => isService(path) && !path.startsWith('services/payment-provider/'),
  ({ path, text }) =>
    occurrences(
      path,
      halvesOf(text).code,
      /\b\w*(chaos|injectFault|faultInjection|simulateFail|FAULT_)\w*/i,
      'a fault switch in business code',
    ),
);

/** An unknown outcome is never swallowed: a catch acts or says why it need not. */
export const catches: Rule = perFile(isTypeScript, ({ path, text }) => {
  const { code } = halvesOf(text);
  return [...code.matchAll(/\bcatch\s*(\([^)]*\)\s*)?\{/g)].flatMap((match) => {
    const open = match.index + match[0].length - 1;
    const isEmpty = insideBrackets(code, open).trim() === '';
    const said = text.slice(open + 1, open + 1 + insideBrackets(code, open).length).trim() !== '';
    return isEmpty && !said
      ? [{ path, line: lineAt(code, open), problem: 'an error is swallowed without a word' }]
      : [];
  });
});
