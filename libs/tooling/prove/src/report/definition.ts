import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Where a claim is stated: a path from the project's root, with forward slashes. */
export interface ClaimFile {
  readonly file: string;
}

const CLAIMS = 'load-tests/claims';
const SUFFIX = '.claim.ts';
const CLIENT = 'load-tests/client';
const SCENARIOS = 'load-tests/scenarios';
const CHECKS = 'libs/tooling/prove/src/checks';
const CLUSTER_FAULTS = 'libs/tooling/faults/src/cluster';
const JUDGES = ['libs/tooling/prove/src', 'libs/tooling/faults/src'];
/** Where protections are wired. */
const PRODUCT = ['gateway/src', 'libs', 'services'];
const SKIPPED = new Set(['node_modules', 'dist', 'test', 'bench', 'fixtures', 'testing']);

/**
 * What a claim rests on, as one hash: the file that states it, its scenario with the buyers that all scenarios share,
 * the prover's and the faults' own code, and the files that wire the protection which its control switches off. When
 * it differs from a journal's, that verdict is of another claim. Nothing is imported, so it works without a build.
 * @throws Error when the file does not name its scenario and protection as plain text
 */
export function definitionOf(root: string, { file }: ClaimFile): string {
  const text = readFileSync(join(root, file), 'utf8');
  const [scenario] = statedIn(text, file, 'scenario');
  const off = statedIn(text, file, 'off');
  const scenarioFile = posix.join(SCENARIOS, `${scenario}.k6.ts`);
  const load = [scenarioFile, ...filesBelow(root, CLIENT)];
  const paths = [posixPath(file), ...load, ...judgesOf(root, file, text), ...off.flatMap((id) => wiringOf(root, id))];
  const hash = createHash('sha256');
  for (const path of [...new Set(paths)].toSorted())
    hash.update(`${path}\n${readFileSync(join(root, path), 'utf8')}\n`);
  return hash.digest('hex');
}

/** Every claim that is stated, in the order of tier and number. */
export function claimFiles(root: string): readonly (ClaimFile & { readonly id: string; readonly words: string })[] {
  return namesIn(root, CLAIMS)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => {
      const [id = '', ...words] = name.slice(0, -SUFFIX.length).split('-');
      return { id, words: words.join(' '), file: posix.join(CLAIMS, name) };
    })
    .toSorted((a, b) => orderOf(a.id) - orderOf(b.id));
}

const TIER_STEP = 1_000;

/** Local claims before those of a cluster, each by number. */
export function orderOf(id: string): number {
  return (id.startsWith('K') ? TIER_STEP : 0) + Number(id.slice(1));
}

/** Never none; more than one where a claim has several controls. */
function statedIn(text: string, file: string, field: 'scenario' | 'off'): readonly string[] {
  const found = text.matchAll(new RegExp(`\\b${field}:\\s*['"]([^'"]+)['"]`, 'g'));
  const stated = [...found].flatMap(([, name]) => name ?? []);
  if (stated.length === 0) throw new Error(`${file} must name its ${field} as plain text, as in ${field}: 'name'`);
  return stated;
}

/**
 * All that decides on a verdict, not what shows it; for a claim of the local tier nothing that acts on a cluster, for
 * one of the cluster of that the faults that it names; and of the checks those that the claim asks for.
 */
function judgesOf(root: string, file: string, claim: string): readonly string[] {
  const isLocal = posix.basename(posixPath(file)).startsWith('L');
  const checks = checksIn(root, claim);
  const faults = isLocal ? new Set() : clusterFaultsIn(root, claim);
  return JUDGES.flatMap((folder) => filesBelow(root, folder)).filter(
    (path) =>
      /(?<!\.spec)\.ts$/.test(path) &&
      !path.includes('/src/report/') &&
      !(isLocal && path.includes('/cluster/')) &&
      (!path.startsWith(CHECKS) || checks.has(path)) &&
      (isLocal || !path.startsWith(CLUSTER_FAULTS) || faults.has(path)),
  );
}

/** The files of the checks that a text names, and those that they import from their own folder. */
function checksIn(root: string, text: string, found = new Set<string>()): ReadonlySet<string> {
  for (const path of filesBelow(root, CHECKS)) {
    if (found.has(path)) continue;
    const check = readFileSync(join(root, path), 'utf8');
    const names = [...check.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map(([, name]) => name);
    if (!names.some((name) => new RegExp(`\\b${name}\\b`).test(text))) continue;
    found.add(path);
    checksIn(root, check.slice(0, check.indexOf('\nexport ')), found); // what stands above it are its imports
  }
  return found;
}

/** The files of the faults of a cluster that a claim names, with all that they import from there. */
function clusterFaultsIn(root: string, claim: string): ReadonlySet<string> {
  const all = filesBelow(root, CLUSTER_FAULTS).filter((path) => /(?<!\.spec)\.ts$/.test(path));
  const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
  const found = new Set<string>();
  const take = (path: string): void => {
    if (found.has(path) || !all.includes(path)) return;
    found.add(path);
    for (const [, from = ''] of textOf(path).matchAll(/^(?:import|export) [^;]*?\bfrom\s'(\.[^']+)';/gm))
      take(`${posix.join(posix.dirname(path), from)}.ts`);
  };
  const isNamed = (path: string) =>
    [...textOf(path).matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].some(([, name]) =>
      new RegExp(`\\b${name}\\b`).test(claim),
    );
  for (const path of all.filter(isNamed)) take(path);
  return found;
}

function wiringOf(root: string, id: string): readonly string[] {
  const wiring = new RegExp(`\\b(?:mitigated|clusterMitigation)\\(\\s*['"]${id}['"]`);
  return PRODUCT.flatMap((folder) => filesBelow(root, folder))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && !path.endsWith('.d.ts'))
    .flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return wiring.test(text) ? [path, ...manifestsIn(text)] : [];
    });
}

/** Those that state a protection of the cluster: its wiring names them. */
function manifestsIn(text: string): readonly string[] {
  return [...text.matchAll(/'((?:istio|k8s)\/[\w./-]+\.yaml)'/g)].flatMap(([, path]) => path ?? []);
}

function filesBelow(root: string, folder: string): readonly string[] {
  return namesIn(root, folder, true).flatMap((entry) => {
    const path = posix.join(folder, entry.replace(/\/$/, ''));
    return entry.endsWith('/') ? filesBelow(root, path) : [path];
  });
}

/** Names in a folder, those of folders with a slash at their end where asked for; none where there is no folder. */
function namesIn(root: string, folder: string, folders = false): readonly string[] {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      if (!entry.isDirectory()) return [entry.name];
      return folders && !SKIPPED.has(entry.name) ? [`${entry.name}/`] : [];
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function posixPath(path: string): string {
  return path.replaceAll('\\', '/');
}
