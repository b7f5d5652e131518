import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Form } from './claim';
import type { Journal } from './journal';
import { fitted, type KeptJournal } from './report';

/** Where proofs of this machine are, below the state folder: the last of each claim and form. */
export function proofFolder(state: string, id: string, form: Form): string {
  return join(state, 'proofs', id, form);
}

/** Writes the page and its files in place of the last proof's. @returns the page */
export function keepProof(state: string, journal: Journal): string {
  const folder = join(proofFolder(state, journal.id, journal.form), 'report');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of fitted(journal)) writeFileSync(join(folder, name), text);
  return join(folder, 'index.html');
}

/** The last proof of this machine; undefined when there is none. */
export function lastProof(state: string, id: string, form: Form): KeptJournal | undefined {
  const file = join(proofFolder(state, id, form), 'report', 'journal.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as KeptJournal) : undefined;
}
