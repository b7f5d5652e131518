import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './commands';
import { foreignImages, imagesAtHand, shopImages } from './images';
import { download } from './manifests';
import type { Site } from './site';
import { runSteps, type Step } from './step';
import type { ManifestName } from './versions';

/** A folder from which a cluster comes up without a network: manifests, and every image in one archive. */
export async function clusterBundle(site: Site, folder: string): Promise<void> {
  await runSteps([imagesAtHand(site), manifestsIn(site, folder), archiveIn(site, folder)], site.print);
}

function manifestsIn(site: Site, folder: string): Step {
  return {
    name: 'manifests',
    isDone: () => Promise.resolve(false),
    run: async () => {
      mkdirSync(join(folder, 'manifests'), { recursive: true });
      for (const name of Object.keys(site.versions.manifests) as ManifestName[])
        writeFileSync(join(folder, 'manifests', `${name}.yaml`), await download(site, name));
    },
  };
}

function archiveIn(site: Site, folder: string): Step {
  const images = [...site.versions.images.node, ...foreignImages(site), ...shopImages];
  return {
    name: 'images.tar',
    isDone: () => Promise.resolve(false),
    run: async () => {
      await mustRun(site.commands, 'docker', ['save', `--output=${join(folder, 'images.tar')}`, ...images]);
    },
  };
}
