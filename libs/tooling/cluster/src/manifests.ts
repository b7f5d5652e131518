import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '@stampede/supervisor';
import { mustRun } from './commands';
import type { Site } from './site';
import type { ManifestName } from './versions';

/** The text of a manifest that others publish: from the folder of sources, or from its address. @throws Refusal */
export async function manifest(
  site: Pick<Site, 'sources' | 'versions' | 'commands'>,
  name: ManifestName,
): Promise<string> {
  if (site.sources === undefined) return download(site, name);
  const file = join(site.sources, 'manifests', `${name}.yaml`);
  if (!existsSync(file)) throw new Refusal(`${file} is missing: \`npx stampede cluster bundle\` makes such a folder`);
  return readFileSync(file, 'utf8');
}

/** @throws Refusal naming the address that does not answer */
export async function download(
  { versions, commands }: Pick<Site, 'versions' | 'commands'>,
  name: ManifestName,
): Promise<string> {
  const url = versions.manifests[name];
  if (isKustomization(url)) return mustRun(commands, 'kubectl', ['kustomize', url]);
  return mustRun(commands, 'curl', ['--fail', '--silent', '--show-error', '--location', '--retry', '3', url]);
}

/** Kustomize marks the folder of a repository by two slashes. */
function isKustomization(url: string): boolean {
  return /[^:]\/\//.test(url);
}
