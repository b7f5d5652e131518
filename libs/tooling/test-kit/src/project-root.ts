import { join } from 'node:path';

/** The project's folder, from src/ as from dist/. */
export const projectRoot = join(__dirname, '..', '..', '..', '..');
