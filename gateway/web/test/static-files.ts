import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

interface Manifest {
  readonly index: string;
  readonly files: Readonly<Record<string, { type: string; immutable: boolean; brotliBytes?: number }>>;
}

/** The strictest policy that the pages promise to work under. */
export const POLICY =
  "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/** Answers as the gateway does: files of the manifest, brotli where it is taken, and the index page for every
 *  other path. */
export function serveFile(dist: string, path: string, request: IncomingMessage, response: ServerResponse): void {
  const manifest = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')) as Manifest;
  const known = Object.hasOwn(manifest.files, path);
  if (path.startsWith('/assets/') && !known) {
    response.writeHead(404).end();
    return;
  }
  const url = known ? path : manifest.index;
  const file = manifest.files[url] ?? { type: 'text/html', immutable: false };
  const brotli = file.brotliBytes !== undefined && /\bbr\b/.test(request.headers['accept-encoding'] ?? '');
  response.writeHead(200, {
    'content-type': file.type,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
    ...(brotli ? { 'content-encoding': 'br' } : {}),
  });
  response.end(readFileSync(join(dist, url) + (brotli ? '.br' : '')));
}
