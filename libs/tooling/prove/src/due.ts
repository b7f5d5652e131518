import type { StatedClaim } from './load-claims';
import { definitionOf, readEvidence } from './report';

const DAY_MS = 86_400_000;

export interface DueClaim extends StatedClaim {
  readonly because: 'its code changed' | 'its turn';
}

/**
 * What a run that cannot prove everything must prove: of the claims with published evidence those whose definition or
 * mitigation is another one today, and of the others every second one, the other half on the next day. What was never
 * proved is nobody's claim yet.
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
  const half = Math.floor(today.getTime() / DAY_MS) % 2;
  const rotating = published.filter((stated) => isCurrent(stated)).filter((_, index) => index % 2 === half);
  return [
    ...changed.map((stated) => ({ ...stated, because: 'its code changed' as const })),
    ...rotating.map((stated) => ({ ...stated, because: 'its turn' as const })),
  ];
}
