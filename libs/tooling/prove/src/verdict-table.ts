import type { Form } from './claim';
import { lastProof } from './kept-proof';
import type { StatedClaim } from './load-claims';
import { definitionOf, readEvidence } from './report';
import { thinBite } from './verdict';

const ID_WIDTH = 4;

/**
 * A line per claim: its promise and the last verdict of each form, published or of this machine, whichever is later;
 * `stale` when the claim, its load or its mitigation is another one today.
 */
export function verdictTable(root: string, state: string, claims: readonly StatedClaim[]): readonly string[] {
  const published = new Map(readEvidence(root).map((known) => [known.id, known]));
  const row = ({ claim, file }: StatedClaim) => {
    const definition = definitionOf(root, { file });
    const last = (form: Form) => {
      const found = [lastProof(state, claim.id, form), published.get(claim.id)?.[form]?.journal]
        .filter((journal) => journal !== undefined)
        .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))[0];
      if (found === undefined) return 'never run';
      const stale = found.definition === definition ? '' : ' (stale)';
      const thin = found.runs.map(thinBite).join('');
      const tries = [...(found.before ?? []), found].map(({ verdict }) => verdict).join(', then ');
      return `${tries}${stale} ${found.startedAt.slice(0, 10)}${thin}`;
    };
    const verdicts = `full: ${last('full')}, quick: ${last('quick')}`;
    return [`${claim.id.padEnd(ID_WIDTH)} ${claim.promise}`, `${''.padEnd(ID_WIDTH)} ${verdicts}`];
  };
  return claims.flatMap(row);
}
