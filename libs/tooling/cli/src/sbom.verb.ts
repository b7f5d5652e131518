import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '@stampede/supervisor';
import { PROVIDER, SERVICES } from '@stampede/topology';
import { runTool } from './run';
import type { Verb } from './verb';

const projects = [...SERVICES, PROVIDER].map(({ name }) => name);

/**
 * `npm sbom --omit dev` leaves out what a development dependency of the root asks for too, and names what no image
 * has; so the bill is what the bundler has put in.
 */
export const sbomVerb: Verb = (program, { root, print }) => {
  program
    .command('sbom')
    .description("print the bill of materials of a service's image, CycloneDX as JSON")
    .argument('<service>', projects.join(', '))
    .action(async (service: string) => {
      if (!projects.includes(service))
        throw new Refusal(`no service is called "${service}": there are ${projects.join(', ')}`);
      const folder = mkdtempSync(join(tmpdir(), 'stampede-sbom-'));
      try {
        const bundler = join(root, 'services', 'image', 'bundle.mjs');
        if ((await runTool(root, 'node', [bundler, service, folder])) !== 0)
          throw new Refusal(`${service} cannot be bundled; the lines above say why`);
        print(readFileSync(join(folder, 'sbom.json'), 'utf8').trimEnd());
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
};
