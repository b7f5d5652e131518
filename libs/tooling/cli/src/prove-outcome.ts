import { whyInWords } from '@stampede/prove';
import type { ChosenClaim } from './chosen-claims';
import type { Proof } from './prove-session';

/** Nothing was shown to be wrong, but something could not be tried. */
const UNAVAILABLE_EXIT = 3;

type Tries = Pick<Proof, 'journals'> & { readonly stated: Pick<ChosenClaim, 'because'> };

/** A line for each try, and for what had to be proved and was not begun; for people and for CI, which counts them. */
export function summary(proofs: readonly Proof[]): string[] {
  return proofs.flatMap((proof) => {
    const { claim, because } = proof.stated;
    const id = claim.id.padEnd(4);
    if (isMissed(proof)) {
      const changed = because === undefined ? '' : `${because}, and `;
      return [`${id}NOT-BEGUN, 0 s: ${changed}the time was over before it`];
    }
    return proof.journals.map(({ verdict, why, tookMs }, index) => {
      const which = index === 0 ? '' : ' (again)';
      return `${id}${verdict}${which}, ${Math.round(tookMs / 1_000)} s: ${whyInWords(why)}`;
    });
  });
}

/**
 * 0: all that was asked for is proved. The last try of each claim counts, unless it could not be made: that does not
 * take back what went before.
 */
export function exitCode(proofs: readonly Tries[]): number {
  if (proofs.some(isMissed)) return 1;
  const verdicts = proofs.flatMap(
    ({ journals }) => (journals.findLast(({ verdict }) => verdict !== 'UNAVAILABLE') ?? journals.at(-1))?.verdict ?? [],
  );
  const others = verdicts.filter((verdict) => verdict !== 'PASS');
  if (others.length === 0) return 0;
  return others.every((verdict) => verdict === 'UNAVAILABLE') ? UNAVAILABLE_EXIT : 1;
}

/** There was no time for it, and it had to be proved: what only has its turn comes again. */
function isMissed({ stated, journals }: Tries): boolean {
  return journals.length === 0 && stated.because !== 'its turn';
}
