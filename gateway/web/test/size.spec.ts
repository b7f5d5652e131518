import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildPages } from './browser';

const FIRST_LOAD_SCRIPT_BYTES = 20_000; // compressed; the promise is 100 kB, this notices a slip long before
const FIRST_LOAD_BYTES = 80_000; // page, script, style and font

interface Manifest {
  readonly files: Record<string, { type: string; bytes: number; gzipBytes?: number; brotliBytes?: number }>;
}

test('the first load stays small', () => {
  const dist = buildPages();
  const { files } = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')) as Manifest;
  const page = readFileSync(join(dist, 'index.html'), 'utf8');
  rmSync(dist, { recursive: true });
  const loaded = Object.entries(files).filter(([url]) => url === '/index.html' || page.includes(url));
  const bytesOf = (list: typeof loaded) => list.reduce((sum, [, file]) => sum + (file.gzipBytes ?? file.bytes), 0);
  const scripts = loaded.filter(([url]) => url.endsWith('.js'));
  expect(scripts).toHaveLength(1);
  expect(bytesOf(scripts)).toBeLessThan(FIRST_LOAD_SCRIPT_BYTES);
  expect(bytesOf(loaded)).toBeLessThan(FIRST_LOAD_BYTES);
});

test('nothing inline stands in the page, so a strict content security policy holds', () => {
  const page = readFileSync(join(__dirname, '../src/index.html'), 'utf8');
  expect(page).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|javascript:/);
});
