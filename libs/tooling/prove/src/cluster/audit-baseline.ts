import type { AuditReport } from '@stampede/contracts';
import { Unavailable } from '../world';

/** Contract: of an invariant no more are told. */
const MOST_VIOLATIONS = 100;

/** An audit to hold later ones against. @throws Unavailable where it tells so many that a new one would be hidden */
export function baseline(report: AuditReport | undefined): AuditReport | undefined {
  const full = report?.invariants.find(({ violations }) => violations.length >= MOST_VIOLATIONS);
  if (full === undefined) return report;
  const many = `${full.id} is violated ${MOST_VIOLATIONS} times or more before the run`;
  throw new Unavailable(`${many}, and a new one would not be seen among them: hand the shop over clean`);
}

/** What an audit finds that an earlier one did not: a shop that is nobody's own may have old wounds. */
export function newSince(before: AuditReport | undefined, now: AuditReport | undefined): AuditReport | undefined {
  if (before === undefined || now === undefined) return now;
  const known = new Set(
    before.invariants.flatMap(({ id, violations }) => violations.map(({ subject }) => `${id} ${subject}`)),
  );
  const invariants = now.invariants.map((invariant) => {
    const violations = invariant.violations.filter(({ subject }) => !known.has(`${invariant.id} ${subject}`));
    return { ...invariant, violations, holds: violations.length === 0 };
  });
  return { ...now, invariants };
}
