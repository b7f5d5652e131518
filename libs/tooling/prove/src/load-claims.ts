import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Claim } from './claim';
import { orderOf } from './report/definition';

const FOLDER = join('load-tests', 'claims');
const BUILT = join('load-tests', 'dist', 'claims');
const SUFFIX = '.claim';

/** A claim and the file that states it. */
export interface StatedClaim {
  readonly claim: Claim;
  /** From the project's root. */
  readonly file: string;
}

/**
 * Every claim of the project, in the order of tier and number. @throws Error for a file whose claim has another id, and
 * what `claim` throws
 */
export function loadClaims(root: string): readonly StatedClaim[] {
  const names = readdirSync(join(root, FOLDER)).filter((name) => name.endsWith(`${SUFFIX}.ts`));
  const stated = names.map((name) => {
    const { default: claim } = require(join(root, BUILT, `${name.slice(0, -'.ts'.length)}.js`)) as { default: Claim };
    if (name.split('-')[0] !== claim.id) throw new Error(`${name} states claim ${claim.id}: a file is named by its id`);
    return { claim, file: join(FOLDER, name) };
  });
  return stated.toSorted((a, b) => orderOf(a.claim.id) - orderOf(b.claim.id));
}
