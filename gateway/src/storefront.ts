import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

interface ManifestFile {
  readonly type: string;
  /** Its name changes with its content. */
  readonly immutable: boolean;
  readonly brotliBytes?: number;
  readonly gzipBytes?: number;
}

interface Manifest {
  /** The one page; its script shows what the path asks for. */
  readonly index: string;
  readonly files: Readonly<Record<string, ManifestFile>>;
}

interface Served {
  readonly type: string;
  readonly cacheControl: string;
  readonly etag: string;
  /** By content coding. */
  readonly bodies: Readonly<Partial<Record<'br' | 'gzip' | 'identity', Buffer>>>;
}

const PAGES = ['/', '/events/:eventId', '/events/:eventId/queue', '/checkout/:holdId', '/orders', '/orders/:orderId'];
/** Any other path but the API's: the page says that there is nothing, in the buyer's words. */
const ELSEWHERE = ['/:page(^(?!api$)[^.]+$)', '/:page(^(?!api$)[^.]+$)/*'];
const YEAR = 'public, max-age=31536000, immutable';
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/**
 * Serves the built storefront from memory: its pages and what its manifest lists, nothing else of the folder. @throws
 * Error where it is not built
 */
export function serveStorefront(fastify: FastifyInstance, folder: string): void {
  const manifestFile = join(folder, 'manifest.json');
  if (!existsSync(manifestFile))
    throw new Error(`the storefront is not built: ${manifestFile} is missing; run npm run build`);
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as Manifest;
  const files = new Map(Object.entries(manifest.files).map(([url, file]) => [url, served(folder, url, file)]));
  for (const url of PAGES) serve(fastify, url, files.get(manifest.index), 'text/html');
  for (const url of ELSEWHERE) serve(fastify, url, files.get(manifest.index), 'text/html', { status: 404 });
  for (const [url, file] of files) if (url !== manifest.index) serve(fastify, url, file, file.type);
}

/**
 * What there is, is served in a full shop too: it costs no peer anything, and it is the page that tells a buyer in
 * words that the shop is busy, and asks again.
 */
function serve(
  fastify: FastifyInstance,
  url: string,
  file: Served | undefined,
  produces: string,
  { status = 200 } = {},
): void {
  if (file === undefined) throw new Error(`the storefront's manifest has no ${url}`);
  const priority = status === 200 ? 'critical' : 'normal';
  const config = { stampede: { path: url, priority, produces: produces.split(';', 1)[0] } };
  fastify.get(url, { config }, (request, reply) => send(file, request, reply.code(status)));
}

function send(file: Served, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers({ ...PAGE_HEADERS, etag: file.etag, 'cache-control': file.cacheControl, vary: 'accept-encoding' });
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const coding = (['br', 'gzip'] as const).find((name) => file.bodies[name] !== undefined && accepted.includes(name));
  if (coding !== undefined) reply.header('content-encoding', coding);
  return reply.type(file.type).send(file.bodies[coding ?? 'identity']);
}

function served(folder: string, url: string, { type, immutable, brotliBytes, gzipBytes }: ManifestFile): Served {
  const path = join(folder, url);
  const identity = readFileSync(path);
  return {
    type,
    cacheControl: immutable ? YEAR : 'no-cache',
    etag: `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`,
    bodies: {
      identity,
      ...(brotliBytes === undefined ? {} : { br: readFileSync(`${path}.br`) }),
      ...(gzipBytes === undefined ? {} : { gzip: readFileSync(`${path}.gz`) }),
    },
  };
}
