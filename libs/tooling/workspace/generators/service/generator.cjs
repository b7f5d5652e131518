// `npx nx g @stampede/workspace:service refunds`: plain JavaScript over Nx's tree, so that it needs neither a build nor
// a devkit.
const { execFileSync } = require('node:child_process');
const { readFileSync, readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { namesOf, withExport, withRow } = require('./text.cjs');

const templates = join(__dirname, 'files');
const topology = 'libs/model/topology/src/services.ts';
const contracts = 'libs/model/contracts/src/index.ts';

module.exports = async function service(tree, { name, skipInstall = false }) {
  const folder = `services/${name}`;
  if (tree.exists(folder)) throw new Error(`${folder} is already there`);
  const names = namesOf(name);
  for (const path of filesBelow(join(templates, 'service'))) {
    tree.write(`${folder}/${filled(path, names)}`, filled(read('service', path), names));
  }
  tree.write(`libs/model/contracts/src/${name}.ts`, filled(read('contract', 'contract.ts.template'), names));
  tree.write(contracts, withExport(tree.read(contracts, 'utf8'), name));
  tree.write(topology, withRow(tree.read(topology, 'utf8'), name));
  return () => finish(tree.root, folder, skipInstall);
};

/** What follows from package.json files: links and lock, then references, lint boundaries and the mesh's policies. */
function finish(root, folder, skipInstall) {
  const run = (program, args) => execFileSync(program, args, { cwd: root, stdio: 'inherit' });
  if (!skipInstall) run('npm', ['install', '--no-audit', '--no-fund']);
  run(process.execPath, [join(root, 'bin', 'stampede.mjs'), 'sync']);
  process.stdout.write(`now: npm test -- ${folder}\n`);
}

function read(kind, path) {
  return readFileSync(join(templates, kind, path), 'utf8');
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true }).filter((path) => statSync(join(folder, path)).isFile());
}

/** A path loses its `.template`, which keeps compilers and linters away from the templates. */
function filled(text, names) {
  const known = Object.keys(names).join('|');
  return text.replace(/\.template$/, '').replace(new RegExp(`__(${known})__`, 'g'), (_, key) => names[key]);
}
