// Builds what the gateway serves: dist/index.html, dist/assets/* with a hash in each name,
// and .br and .gz beside what compresses. `node build.mjs [directory]` builds elsewhere.
// dist/manifest.json lists every file with its type, so that nothing else in dist is ever served.
import { build } from 'esbuild';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const dist = resolve(process.argv[2] ?? join(here, 'dist'));

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const COMPRESSED_ALREADY = new Set(['.woff2']);

rmSync(join(dist, 'assets'), { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { main: 'src/main.ts', style: 'src/style.css', icon: 'src/icon.svg' },
  outdir: join(dist, 'assets'),
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  publicPath: '/assets',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: ['chrome120', 'firefox124', 'safari17.4'],
  loader: { '.svg': 'copy', '.woff2': 'file' },
  metafile: true,
  logLevel: 'warning',
});

const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({
  url: `/${relative(dist, join(here, path))}`,
  ...output,
}));
const find = (test, what) => outputs.find(test)?.url ?? fail(`the bundle has no ${what}`);
const entry = (source) => find((output) => output.entryPoint === source, source);
const page = readFileSync(join(here, 'src/index.html'), 'utf8')
  .replace('%script%', entry('src/main.ts'))
  .replace('%style%', entry('src/style.css'))
  .replace(
    '%icon%',
    find(({ url }) => url.includes('/icon-'), 'icon'),
  )
  .replace(
    '%font%',
    find(({ url }) => url.includes('/archivo-latin-wght'), 'font'),
  )
  .replace(/^\s+/gm, '');
writeFileSync(join(dist, 'index.html'), page);

const files = {};
for (const url of ['/index.html', ...readdirSync(join(dist, 'assets')).map((name) => `/assets/${name}`)])
  files[url] = publish(url);
writeFileSync(join(dist, 'manifest.json'), `${JSON.stringify({ index: '/index.html', files }, null, 2)}\n`);

/** Writes the compressed copies of a file and tells what a server needs to know of it. */
function publish(url) {
  const path = join(dist, url);
  const extension = extname(url);
  const content = readFileSync(path);
  const file = {
    type: TYPES[extension] ?? fail(`${url} has no media type`),
    immutable: url.startsWith('/assets/'),
    bytes: content.length,
  };
  if (COMPRESSED_ALREADY.has(extension)) return file;
  const brotli = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  });
  const gzip = gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
  writeFileSync(`${path}.br`, brotli);
  writeFileSync(`${path}.gz`, gzip);
  return { ...file, brotliBytes: brotli.length, gzipBytes: gzip.length };
}

function fail(message) {
  throw new Error(message);
}
