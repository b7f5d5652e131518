import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Journal } from '../journal';
import { claimsPage } from './claims-page';
import { EVIDENCE, readEvidence } from './evidence';
import { bytesOf, fitted } from './fit';

export interface KeptEvidence {
  /** From the project's root. */
  readonly folder: string;
  readonly bytes: number;
}

/**
 * Writes a proof to `load-tests/evidence/<id>/<date>-<form>/`, removes older ones of the same claim and form, and makes
 * the page of all claims anew. @throws Error when it cannot be made to fit, and then nothing has changed
 */
export function keepEvidence(root: string, journal: Journal): KeptEvidence {
  const files = fitted(journal, '../../index.html');
  const ofClaim = posix.join(EVIDENCE, journal.id);
  mkdirSync(join(root, ofClaim), { recursive: true });
  for (const name of readdirSync(join(root, ofClaim)))
    if (name.endsWith(`-${journal.form}`)) rmSync(join(root, ofClaim, name), { recursive: true });
  const folder = posix.join(ofClaim, `${journal.startedAt.slice(0, 10)}-${journal.form}`);
  mkdirSync(join(root, folder));
  for (const { name, text } of files) writeFileSync(join(root, folder, name), text);
  writeFileSync(join(root, EVIDENCE, 'index.html'), claimsPage(readEvidence(root)));
  return { folder, bytes: bytesOf(files) };
}
