import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '@stampede/supervisor';
import { PROVIDER, SERVICES } from '@stampede/topology';
import { mustRun, type Commands } from './commands';
import type { Site } from './site';
import type { Step } from './step';

/** The tag of images that are built here, of whatever the sources are now. */
const LOCAL_TAG = 'dev';

/** One image for each process of the shop and the provider's simulator. */
export const shopImages: readonly string[] = [...SERVICES, PROVIDER].map(({ name }) => imageOf(name));

export function imageOf(service: string): string {
  return `stampede/${service}:${LOCAL_TAG}`;
}

/** What runs on every node, the control plane too: the mesh's part of a node. */
export function nodeWide({ versions, mesh }: Site): readonly string[] {
  return versions.images[mesh].filter((image) => /\/(install-cni|ztunnel):/.test(image));
}

/** Images that are made elsewhere. */
export function foreignImages({ versions, mesh }: Site): readonly string[] {
  const { images } = versions;
  return [...images[mesh], ...images.platform, ...images.stores];
}

/** Every image is at hand: taken from the folder of sources, or downloaded; those of the shop are built. */
export function imagesAtHand(site: Site): Step {
  const { versions, commands } = site;
  const wanted = [...versions.images.node, ...foreignImages(site)];
  return {
    name: 'images',
    isDone: async () => !site.rebuild && (await missing(commands, [...wanted, ...shopImages])).length === 0,
    run: async () => {
      await unpack(site, [...wanted, ...shopImages]);
      for (const image of await missing(commands, wanted)) await mustRun(commands, 'docker', ['pull', image]);
      for (const image of site.rebuild ? shopImages : await missing(commands, shopImages)) await build(site, image);
    },
  };
}

/** Of these images, those that Docker does not have. */
export async function missing(commands: Commands, images: readonly string[]): Promise<string[]> {
  const found = await Promise.all(images.map((image) => commands('docker', ['image', 'inspect', '--format=.', image])));
  return images.filter((_, index) => found[index]?.code !== 0);
}

export async function build({ commands, print }: Site, image: string): Promise<void> {
  const project = /^stampede\/(.*):/.exec(image)?.[1];
  if (project === undefined) throw new Refusal(`${image} is no image of the shop`);
  print(`  builds ${image}`);
  const argument = ['--build-arg', `PROJECT=${project}`];
  await mustRun(commands, 'docker', ['build', '--file=services/Dockerfile', ...argument, `--tag=${image}`, '.']);
}

async function unpack({ sources, commands }: Site, wanted: readonly string[]): Promise<void> {
  if (sources === undefined) return;
  const archive = join(sources, 'images.tar');
  const lacking = await missing(commands, wanted);
  if (lacking.length > 0 && existsSync(archive)) await mustRun(commands, 'docker', ['load', `--input=${archive}`]);
}
