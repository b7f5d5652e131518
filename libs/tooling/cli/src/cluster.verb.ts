import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ADDRESS,
  ADMIN_PORT,
  clusterBundle,
  clusterExists,
  clusterStatus,
  clusterUp,
  commandsIn,
  deleteCluster,
  edgeKeys,
  forwardAdmin,
  readVersions,
  resourcesHere,
  type Mesh,
  type Site,
} from '@stampede/cluster';
import { Option, type Command } from 'commander';
import { interruptible } from './interrupt';
import type { Surroundings, Verb } from './verb';

interface UpOptions {
  mesh: Mesh;
  sources?: string;
  rebuild?: true;
}

/** New keys are published ten minutes before they sign. */
const LOOK_FOR_KEYS_MS = 60_000;

const meshOption = (): Option =>
  new Option('--mesh <mesh>', 'a proxy in every pod, or on every node')
    .choices(['sidecar', 'ambient'])
    .default('sidecar');

export const clusterVerb: Verb = (program, surroundings) => {
  const cluster = program
    .command('cluster')
    .description('the shop on a Kubernetes cluster with Istio, on this machine');
  addUp(cluster, surroundings);
  addDown(cluster, surroundings);
  cluster
    .command('status')
    .description('what runs, what it asks for and what it uses')
    .action(async () => {
      for (const line of await clusterStatus(commandsIn(surroundings.root))) surroundings.print(line);
    });
  cluster
    .command('bundle <folder>')
    .description('put all that `cluster up --sources` needs into a folder, for a place without a network')
    .addOption(meshOption())
    .action((folder: string, options: UpOptions) => clusterBundle(siteOf(surroundings, options), resolve(folder)));
  addKeys(cluster, surroundings);
  addAdmin(cluster, surroundings);
};

function addUp(cluster: Command, surroundings: Surroundings): void {
  cluster
    .command('up')
    .description('make the cluster and open the shop on it; again: do what is missing')
    .addOption(meshOption())
    .option('--sources <folder>', 'manifests and images as `cluster bundle` makes them, in place of the network')
    .option('--rebuild', "build the shop's images again, and have its pods start from them")
    .action(async (options: UpOptions) => {
      const site = siteOf(surroundings, options);
      const address = await clusterUp(site, await resourcesHere(site.commands));
      surroundings.print(`the shop is open: ${address}   (npx stampede cluster down deletes it)`);
    });
}

function addDown(cluster: Command, { root, print }: Surroundings): void {
  cluster
    .command('down')
    .description('delete the cluster and all that is on it')
    .action(async () => {
      const commands = commandsIn(root);
      const there = await clusterExists(commands);
      if (there) await deleteCluster(commands);
      print(there ? 'the cluster is gone' : 'there is no cluster');
    });
}

function addKeys(cluster: Command, surroundings: Surroundings): void {
  cluster
    .command('keys')
    .description("give the edge the keys that the shop's tokens are signed with")
    .option('--follow', 'look again every minute, until Ctrl-C')
    .action(async ({ follow }: { follow?: true }) => {
      const step = edgeKeys({ root: surroundings.root, commands: commandsIn(surroundings.root) });
      do {
        await step.run();
        surroundings.print(`the edge knows the keys of ${ADDRESS}`);
        if (follow === true) await sleep(LOOK_FOR_KEYS_MS);
      } while (follow === true);
    });
}

function addAdmin(cluster: Command, { print }: Surroundings): void {
  cluster
    .command('admin')
    .description("keep the gateway's admin port open on this machine, for `token`, `audit` and `onsale`, until Ctrl-C")
    .action(async () => {
      print(`opens port ${ADMIN_PORT}, for: npx stampede audit --url ${ADDRESS}`);
      await interruptible('the admin port is closed', (signal) => forwardAdmin(signal));
    });
}

function siteOf({ root, print }: Surroundings, { mesh, sources, rebuild }: UpOptions): Site {
  return {
    root,
    print,
    mesh,
    sources: sources === undefined ? undefined : resolve(sources),
    rebuild: rebuild === true,
    versions: readVersions(root),
    commands: commandsIn(root),
  };
}
