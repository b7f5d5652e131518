import type { AuditReport } from '@stampede/contracts';

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
