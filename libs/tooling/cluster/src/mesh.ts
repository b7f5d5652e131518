import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '@stampede/supervisor';
import { mustRun, type Commands } from './commands';
import { applyFolder, applyText, find, kubectl, runs } from './kubectl';
import { manifest } from './manifests';
import { CLUSTER, NAMESPACE, type Site } from './site';
import { eachTime, type Step } from './step';
import type { Mesh } from './versions';

/** On Istio's namespace: which mesh.yaml it was installed from. */
const INSTALLED_FROM = 'stampede/installed-from';

/** With which labels a namespace joins the mesh. */
const joins: Readonly<Record<Mesh, Readonly<Record<string, string>>>> = {
  sidecar: { 'istio-injection': 'enabled' },
  ambient: { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'waypoint' },
};

/** Who reads the shop's metrics. With sidecars it stays outside: a proxy merges them on a port that takes plaintext. */
const READERS: Readonly<Record<Mesh, readonly string[]>> = { sidecar: [], ambient: ['observability'] };

interface Labelled {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

/** The kinds of object that routes are made of. */
export function gatewayApi(site: Site): Step {
  return {
    name: 'Gateway API',
    isDone: async () => {
      const crd = await find<Labelled>(site.commands, ['crd/httproutes.gateway.networking.k8s.io']);
      const version = crd?.metadata.annotations?.['gateway.networking.k8s.io/bundle-version'];
      return version !== undefined && site.versions.manifests['gateway-api'].includes(`/${version}/`);
    },
    run: async () => applyText(site.commands, await manifest(site, 'gateway-api')),
  };
}

export function istio(site: Site): Step {
  const { commands, versions, mesh } = site;
  const file = join('istio', ...(mesh === 'ambient' ? ['ambient'] : []), 'mesh.yaml');
  const wanted = `${mesh} ${createHash('sha256')
    .update(readFileSync(join(site.root, file)))
    .digest('hex')
    .slice(0, 16)}`;
  const installed = async (): Promise<string | undefined> => {
    const namespace = await find<Labelled>(commands, ['namespace/istio-system']);
    return namespace?.metadata.annotations?.[INSTALLED_FROM];
  };
  const image = `:${versions.istio}${mesh === 'ambient' ? '-distroless' : ''}`;
  return {
    name: `Istio, ${mesh}`,
    isDone: async () => (await installed()) === wanted && (await runs(commands, 'istio-system', 'istiod', image)),
    run: async () => {
      const before = await installed();
      if (before !== undefined && !before.startsWith(mesh))
        throw new Refusal(
          `this cluster has the other mesh (${before.split(' ')[0]}): \`npx stampede cluster down\` first`,
        );
      const hub = ['--set', 'hub=istio', '--set', `tag=${versions.istio}`];
      await mustRun(commands, 'istioctl', [
        'install',
        '--context',
        `kind-${CLUSTER}`,
        '-y',
        `--filename=${file}`,
        ...hub,
      ]);
      await kubectl(commands, ['annotate', 'namespace/istio-system', '--overwrite', `${INSTALLED_FROM}=${wanted}`]);
    },
  };
}

/**
 * The shop's namespace, in the mesh before its first pod. The labels are this step's own: overlays do not undo them.
 */
export function namespace({ commands, mesh }: Site): Step {
  return {
    name: 'namespace',
    isDone: eachTime,
    run: async () => {
      await labelled(commands, NAMESPACE, joins[mesh]);
      for (const reader of READERS[mesh]) await labelled(commands, reader, { 'istio.io/dataplane-mode': 'ambient' });
    },
  };
}

async function labelled(commands: Commands, name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  await applyText(commands, JSON.stringify(namespace), 'stampede-mesh');
}

/** Edge, routes, resilience, and who may call whom: before the shop, so that no pod is ever open to all. */
export function meshRules({ commands, mesh }: Site): Step {
  return {
    name: 'rules of the mesh',
    isDone: eachTime,
    run: async () => {
      await applyFolder(commands, join('k8s', 'kind', 'edge'));
      await applyFolder(commands, join('istio', mesh === 'ambient' ? 'ambient' : 'security'));
    },
  };
}
