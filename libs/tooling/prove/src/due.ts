import type { StatedClaim } from './load-claims';
import { definitionOf, readEvidence } from './report';

const DAY_MS = 86_400_000;

export interface DueClaim extends StatedClaim {
  readonly because: 'its code changed' | 'its turn';
}

/**
 * What a run that cannot prove everything must prove: claims whose definition or mitigation is another one than that of
 * the published evidence, and of the others every second one, the other half on the next day.
 */
export function dueClaims(root: string, claims: readonly StatedClaim[], today: Date): readonly DueClaim[] {
  const evidence = readEvidence(root);
  const published = ({ claim }: StatedClaim) => evidence.find(({ id }) => id === claim.id);
  const isCurrent = (stated: StatedClaim) => {
    const known = published(stated);
    const definition = definitionOf(root, { file: stated.file });
    return [known?.full, known?.quick].some((proof) => proof?.journal.definition === definition);
  };
  const changed = claims.filter((stated) => !isCurrent(stated));
  const half = Math.floor(today.getTime() / DAY_MS) % 2;
  const rotating = claims.filter((stated) => isCurrent(stated)).filter((_, index) => index % 2 === half);
  return [
    ...changed.map((stated) => ({ ...stated, because: 'its code changed' as const })),
    ...rotating.map((stated) => ({ ...stated, because: 'its turn' as const })),
  ];
}
