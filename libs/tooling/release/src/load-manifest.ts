import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Strategy } from './record';
import type { QuoteLoad } from './sight';

const FILE = join('k8s', 'release', 'load.yaml');
/** Alone in its container, so it is given as it was built. */
const PROGRAM = join('libs', 'tooling', 'release', 'dist', 'quote-load.js');

interface Deployment {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Record<string, string> };
      readonly spec: { readonly containers: { image: string }[] };
    };
  };
}

/** k8s/release/load.yaml with its program and settings, as JSON that kubectl applies or deletes. */
export function loadManifest(root: string, image: string, load: QuoteLoad | undefined): string {
  const settings = JSON.stringify(load ?? {});
  const program = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'release-load', namespace: 'stampede' },
    data: { settings, 'quote-load.js': readFileSync(join(root, PROGRAM), 'utf8') },
  };
  const objects = parseAllDocuments(readFileSync(join(root, FILE), 'utf8')).map(
    (document) => document.toJS() as Deployment,
  );
  for (const { kind, spec } of objects) {
    if (kind !== 'Deployment') continue;
    spec.template.metadata.annotations['stampede/settings'] = settings; // with others it is another pod
    for (const container of spec.template.spec.containers) container.image = image;
  }
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [program, ...objects] });
}

const host = (name: string) => ({ url: `http://${name}:8080` });

/**
 * Half to each version, once there are two, so that both have the same to do: with A/B by the header, else the new one
 * is rehearsed by its own name. Nothing of it is a buyer's request.
 */
export function loadFor(strategy: Strategy, requestsPerSecond: number): QuoteLoad {
  if (strategy === 'ab') {
    const asks = { ...host('pricing'), headers: { 'x-release': 'canary' } };
    return { targets: [host('pricing'), asks], requestsPerSecond };
  }
  return { targets: [host('pricing-primary')], rehearsed: host('pricing-canary'), requestsPerSecond };
}
