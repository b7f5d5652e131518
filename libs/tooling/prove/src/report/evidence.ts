import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Form } from '../claim';
import { claimFiles, definitionOf, orderOf } from './definition';
import type { KeptJournal } from './raw-files';

export const EVIDENCE = 'load-tests/evidence';

/** What is known of a claim today. */
export interface ClaimState {
  readonly id: string;
  /** The promise in a word or two, for as long as it is not claimed. */
  readonly words: string;
  readonly full?: KeptProof;
  readonly quick?: KeptProof;
}

export interface KeptProof {
  readonly journal: KeptJournal;
  /** From `EVIDENCE`, with forward slashes. */
  readonly folder: string;
  /** The claim, its scenario or its mitigation is not what was proved. */
  readonly stale: boolean;
}

/** Every claim that is stated or has evidence, in the order of tier and number; read from files, without a build. */
export function readEvidence(root: string): readonly ClaimState[] {
  const proofs = foldersOf(root).map((folder) => ({ folder, journal: journalIn(root, folder) }));
  const stated = claimFiles(root);
  const gone = [...new Set(proofs.map(({ journal }) => journal.id))].filter((id) =>
    stated.every((one) => one.id !== id),
  );
  const states = stated.map(({ id, words, file }) => stateOf(proofs, { id, words }, definitionOf(root, { file })));
  const orphans = gone.map((id) => stateOf(proofs, { id, words: 'no longer stated' }, undefined));
  return [...states, ...orphans].toSorted((a, b) => orderOf(a.id) - orderOf(b.id));
}

type Found = Pick<KeptProof, 'folder' | 'journal'>;

function stateOf(
  proofs: readonly Found[],
  claim: Pick<ClaimState, 'id' | 'words'>,
  definition: string | undefined,
): ClaimState {
  const latest = (form: Form) => {
    const found = proofs
      .filter(({ journal }) => journal.id === claim.id && journal.form === form)
      .toSorted((a, b) => a.journal.startedAt.localeCompare(b.journal.startedAt))
      .at(-1);
    return found === undefined ? {} : { [form]: { ...found, stale: found.journal.definition !== definition } };
  };
  return { ...claim, ...latest('full'), ...latest('quick') };
}

/** Whether the promise may stand as a sentence: a full PASS, of the claim as it is today. */
export function isClaimed({ full }: ClaimState): boolean {
  return full !== undefined && full.journal.verdict === 'PASS' && !full.stale;
}

function foldersOf(root: string): readonly string[] {
  const below = (folder: string) =>
    existsSync(join(root, EVIDENCE, folder))
      ? readdirSync(join(root, EVIDENCE, folder), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => posix.join(folder, name))
      : [];
  return below('')
    .flatMap(below)
    .filter((folder) => existsSync(join(root, EVIDENCE, folder, 'journal.json')))
    .toSorted();
}

function journalIn(root: string, folder: string): KeptJournal {
  const path = join(root, EVIDENCE, folder, 'journal.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as KeptJournal;
  } catch (cause) {
    throw new Error(`${path} is no journal`, { cause });
  }
}
