import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** How the mesh gets between two pods: a proxy in each, or one a node and one a namespace. */
export type Mesh = 'sidecar' | 'ambient';

/** k8s/versions.yaml: the only place of versions. */
export interface Versions {
  /** The least version of each program of this machine. */
  readonly tools: Readonly<Record<'docker' | 'kind' | 'kubectl' | 'istioctl', string>>;
  readonly istio: string;
  readonly images: Readonly<Record<Mesh | 'node' | 'platform' | 'stores', readonly string[]>>;
  /** Addresses, by the name of the file that a folder of sources has for it. */
  readonly manifests: Readonly<Record<ManifestName, string>>;
}

export type ManifestName = 'gateway-api' | 'metrics-server' | 'keda' | 'flagger';

export function readVersions(root: string): Versions {
  return parse(readFileSync(join(root, 'k8s', 'versions.yaml'), 'utf8')) as Versions;
}

/** Whether `found` is at least `least`, both as 1.2.3. */
export function isAtLeast(found: string, least: string): boolean {
  const [a, b] = [numbersOf(found), numbersOf(least)];
  for (let index = 0; index < b.length; index += 1) {
    const [mine = 0, theirs = 0] = [a[index], b[index]];
    if (mine !== theirs) return mine > theirs;
  }
  return true;
}

function numbersOf(version: string): number[] {
  return version.split('.').map(Number);
}
