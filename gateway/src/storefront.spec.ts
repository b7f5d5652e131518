import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { serveStorefront } from './storefront';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storefront-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a full shop lets in whoever asks for a page or its files, and nobody who asks for what there is not', () => {
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'app.js'), '');
  const files = {
    '/index.html': { type: 'text/html', immutable: false },
    '/app.js': { type: 'text/javascript', immutable: true },
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ index: '/index.html', files }));
  const priorities = new Map<string, string | undefined>();
  const server = fastify();
  server.addHook('onRoute', ({ url, config }) => {
    priorities.set(url, (config as { stampede?: { priority: string } } | undefined)?.stampede?.priority);
  });
  serveStorefront(server, folder);
  const of = (...urls: string[]) => urls.map((url) => priorities.get(url));
  expect(of('/', '/events/:eventId', '/checkout/:holdId', '/app.js')).toEqual(Array(4).fill('critical'));
  expect(of('/:page(^(?!api$)[^.]+$)')).toEqual(['normal']);
});
