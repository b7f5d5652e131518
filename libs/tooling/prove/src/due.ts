import type { StatedClaim } from './load-claims';
import { definitionOf, readEvidence } from './report';

const DAY_MS = 86_400_000;

export interface DueClaim extends StatedClaim {
  readonly because: 'its code changed' | 'its turn';
}

/**
 * What a run that cannot prove everything must prove: of the claims with published evidence those whose definition or
 * mitigation is another one today, and of the others every second one, the other half on the next day. Each day begins
 * with another of them, since there may not be time for all. What was never proved is nobody's claim yet.
 */
export function dueClaims(root: string, claims: readonly StatedClaim[], today: Date): readonly DueClaim[] {
  const evidence = readEvidence(root);
  const proofsOf = ({ claim }: StatedClaim) => {
    const known = evidence.find(({ id }) => id === claim.id);
    return [known?.full, known?.quick].filter((proof) => proof !== undefined);
  };
  const isCurrent = (stated: StatedClaim) => {
    const definition = definitionOf(root, { file: stated.file });
    return proofsOf(stated).some(({ journal }) => journal.definition === definition);
  };
  const published = claims.filter((stated) => proofsOf(stated).length > 0);
  const changed = published.filter((stated) => !isCurrent(stated));
  const day = Math.floor(today.getTime() / DAY_MS);
  const ownDay = published.filter((stated) => isCurrent(stated)).filter((_, index) => index % 2 === day % 2);
  return [
    ...from(day, changed).map((stated) => ({ ...stated, because: 'its code changed' as const })),
    ...from(Math.floor(day / 2), ownDay).map((stated) => ({ ...stated, because: 'its turn' as const })),
  ];
}

/** The same row, begun at another place each day: where the time is over before its end, nobody is last for ever. */
function from<T>(day: number, row: readonly T[]): readonly T[] {
  const first = row.length === 0 ? 0 : day % row.length;
  return [...row.slice(first), ...row.slice(0, first)];
}
