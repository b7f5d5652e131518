// Names the shop's images in an overlay by their digests, for the release workflow:
//   node k8s/release/pin-images.mjs <kustomization.yaml> <registry/prefix> <version> <folder with a digest a project>
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

const [file, prefix, version, digests] = process.argv.slice(2);
const overlay = parseDocument(readFileSync(file, 'utf8'));

for (const image of overlay.get('images').items) {
  const project = image.get('name').split('/')[1];
  const digest = existsSync(join(digests, project)) ? readFileSync(join(digests, project), 'utf8').trim() : '';
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    process.stderr.write(`${digests} has no digest of ${project}\n`);
    process.exit(1);
  }
  image.set('newName', `${prefix}-${project}`);
  image.set('newTag', version); // for people; Kubernetes goes by the digest
  image.set('digest', digest);
}
writeFileSync(file, overlay.toString({ lineWidth: 120 }));
