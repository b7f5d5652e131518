import { join } from 'node:path';

const SCRIPTS = ['block-event-loop', 'clock', 'leak-memory'] as const;
export type PreloadName = (typeof SCRIPTS)[number];

/** The script that a claim lists in `preloads` for the service that a fault needs it in. */
export function preload(name: PreloadName): string {
  return join(__dirname, '..', 'dist', 'preloads', `${name}.js`); // of dist/ for those too who run from src/
}
