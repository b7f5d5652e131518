import { dueClaims, isClaimed, readEvidence, type DueClaim, type StatedClaim, type Tier } from '@stampede/prove';
import { Refusal } from '@stampede/supervisor';

/** What a command line says of the claims that it means. */
export interface ClaimWishes {
  readonly ids: readonly string[];
  readonly list?: true;
  readonly all?: true;
  readonly due?: true;
  readonly tier?: Tier;
}

export interface ChosenClaim extends StatedClaim {
  readonly because?: DueClaim['because'];
}

const LISTED = '`npx stampede prove --list` shows them';
const TIER_WIDTH = 8;

/** The tier that is meant where none is named. */
export const OWN_TIER: Tier = 'local';

/**
 * The claims that are asked for: named, or all of a tier, or those of it that are due; a list without more has all.
 * @throws Refusal when that is nothing, not one of these, or a claim that there is not
 */
export function chosenClaims(
  root: string,
  claims: readonly StatedClaim[],
  wishes: ClaimWishes,
): readonly ChosenClaim[] {
  const { ids, list, all, due, tier } = wishes;
  const ways = [
    ...(ids.length === 0 ? [] : [ids.join(' ')]),
    ...(all === true ? ['--all'] : []),
    ...(due === true ? ['--due'] : []),
  ];
  if (ways.length > 1) throw new Refusal(`${ways.join(' and ')} cannot both be meant: name claims, or --all, or --due`);
  if (ids.length > 0) return ids.map((id) => namedClaim(claims, id, tier));
  if (list === true && due !== true && tier === undefined) return claims;
  const ofTier = claims.filter(({ claim }) => claim.tier === (tier ?? OWN_TIER));
  if (due === true) return dueClaims(root, ofTier, new Date());
  if (all === true || list === true) return ofTier;
  throw new Refusal(`name a claim, or --all: ${LISTED}`);
}

function namedClaim(claims: readonly StatedClaim[], id: string, tier: Tier | undefined): StatedClaim {
  const found = claims.find(({ claim }) => claim.id === id.toUpperCase());
  if (found === undefined) throw new Refusal(`no claim is called ${id}: ${LISTED}`);
  const { id: known, tier: its } = found.claim;
  if (tier !== undefined && tier !== its) throw new Refusal(`${known} is of the ${its} tier, not of the ${tier} one`);
  return found;
}

/** Each claim with its tier, and its promise as a sentence only where it may stand as one in docs/claims.md. */
export function asClaimedToday(root: string, claims: readonly StatedClaim[]): readonly StatedClaim[] {
  const states = new Map(readEvidence(root).map((state) => [state.id, state]));
  return claims.map((stated) => {
    const { id, tier, promise } = stated.claim;
    const state = states.get(id);
    const words = state !== undefined && isClaimed(state) ? promise : `*not claimed:* ${state?.words ?? ''}`;
    return { ...stated, claim: { ...stated.claim, promise: `${tier.padEnd(TIER_WIDTH)}${words}` } };
  });
}
