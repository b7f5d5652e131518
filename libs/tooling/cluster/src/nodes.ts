import { join } from 'node:path';
import { Refusal } from '@stampede/supervisor';
import { mustRun, type Commands } from './commands';
import { foreignImages, nodeWide, shopImages } from './images';
import { find, kubectl } from './kubectl';
import { CLUSTER, type Site } from './site';
import { eachTime, type Step } from './step';

/** Half a minute each on an idle machine. */
const WAIT = '300s';
/** A cluster that was stopped with Docker comes back in less than a minute, on a machine that is not busy. */
const COMES_BACK = '300s';
const WORKERS = [`${CLUSTER}-worker`, `${CLUSTER}-worker2`, `${CLUSTER}-worker3`];
const NODES = [`${CLUSTER}-control-plane`, ...WORKERS];

interface Nodes {
  readonly items: readonly {
    readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/** Four nodes, all ready. What an interrupted start left is made anew; a cluster that was whole is never deleted. */
export function nodesReady({ root, versions, commands, print }: Site): Step {
  return {
    name: 'kind cluster',
    isDone: () => allReady(commands),
    run: async () => {
      if (await exists(commands)) {
        if (await wasMade(commands)) return comesBack(commands);
        print(`  the cluster ${CLUSTER} was never finished: it is made anew`);
        await deleteCluster(commands);
      }
      const [image = ''] = versions.images.node;
      const config = join(root, 'k8s', 'kind', 'cluster.yaml');
      await mustRun(commands, 'kind', [
        'create',
        'cluster',
        `--config=${config}`,
        `--image=${image}`,
        `--wait=${WAIT}`,
      ]);
      await kubectl(commands, waitForNodes(WAIT).slice(2));
    },
  };
}

/** Images on the nodes that may run them; one archive for all, so that common layers are sent once. */
export function imagesOnNodes(site: Site): Step {
  const { commands } = site;
  const everywhere = nodeWide(site);
  const onWorkers = foreignImages(site);
  return {
    name: 'images on the nodes',
    isDone: async () => {
      const lists = await Promise.all(NODES.map((node) => imagesOn(commands, node)));
      return lists.every((list, index) =>
        (index === 0 ? everywhere : onWorkers).every((name) => list.has(fullName(name))),
      );
    },
    run: async () => {
      await load(commands, everywhere, NODES);
      await load(commands, onWorkers, WORKERS);
    },
  };
}

/** The shop's own: kind compares them by content, so that a new build gets there and an old one costs nothing. */
export function shopOnNodes({ commands }: Site): Step {
  return { name: "the shop's images on the nodes", isDone: eachTime, run: () => load(commands, shopImages, WORKERS) };
}

export async function exists(commands: Commands): Promise<boolean> {
  return (await mustRun(commands, 'kind', ['get', 'clusters'])).split('\n').includes(CLUSTER);
}

/** Nothing is left of it: containers, volumes, and its context in the kubeconfig. */
export async function deleteCluster(commands: Commands): Promise<void> {
  await mustRun(commands, 'kind', ['delete', 'cluster', `--name=${CLUSTER}`]);
}

/** Whether kind ever finished it: the last that it does is to write the context. */
async function wasMade(commands: Commands): Promise<boolean> {
  const { stdout } = await commands('kubectl', ['config', 'get-contexts', '--output=name']);
  return stdout.split('\n').includes(`kind-${CLUSTER}`);
}

/** @throws Refusal when it does not, so that nobody loses what is on it without being asked */
async function comesBack(commands: Commands): Promise<void> {
  const { code, stderr } = await commands('kubectl', waitForNodes(COMES_BACK));
  if (code === 0) return;
  const why = stderr.trim().split('\n').at(-1) ?? '';
  throw new Refusal(`the nodes of ${CLUSTER} are not ready (${why}): wait, or \`npx stampede cluster down\` first`);
}

async function allReady(commands: Commands): Promise<boolean> {
  const nodes = (await find<Nodes>(commands, ['nodes']))?.items ?? [];
  const ready = nodes.filter(({ status }) => status.conditions.some((c) => c.type === 'Ready' && c.status === 'True'));
  return ready.length === NODES.length;
}

function waitForNodes(timeout: string): string[] {
  const context = ['--context', `kind-${CLUSTER}`];
  return [...context, 'wait', '--for=condition=Ready', 'node', '--all', `--timeout=${timeout}`];
}

async function load(commands: Commands, images: readonly string[], nodes: readonly string[]): Promise<void> {
  const where = [`--name=${CLUSTER}`, `--nodes=${nodes.join(',')}`];
  await mustRun(commands, 'kind', ['load', 'docker-image', ...where, ...images]);
}

async function imagesOn(commands: Commands, node: string): Promise<Set<string>> {
  const { stdout } = await commands('docker', ['exec', node, 'ctr', '--namespace=k8s.io', 'images', 'list', '--quiet']);
  return new Set(stdout.split('\n'));
}

/** `redis:8` -> `docker.io/library/redis:8`, as a node names it. */
export function fullName(image: string): string {
  const [first = ''] = image.split('/');
  if (!image.includes('/')) return `docker.io/library/${image}`;
  return first.includes('.') ? image : `docker.io/${image}`;
}
