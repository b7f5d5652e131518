import type { Invariant, InvariantId, Violation } from '@stampede/contracts';

/** Contract: as many are shown. */
const MOST_VIOLATIONS = 100;

/** What was found of one invariant. */
export class Findings {
  private checked = 0;
  private inFlight = 0;
  private readonly violations = new Map<string, Violation>();

  constructor(private readonly id: InvariantId) {}

  /** So many subjects were looked at and are settled one way or the other. */
  check(subjects = 1): void {
    this.checked += subjects;
  }

  /** So many subjects are on their way: it is too early to say. */
  leave(subjects = 1): void {
    this.inFlight += subjects;
  }

  /** The first finding about a subject counts; what follows from it is not told again. */
  violate(subject: string, expected: string, actual: string): void {
    if (!this.violations.has(subject)) this.violations.set(subject, { subject, expected, actual });
  }

  report(): Invariant {
    const violations = [...this.violations.values()].slice(0, MOST_VIOLATIONS);
    return {
      id: this.id,
      holds: this.violations.size === 0,
      checked: this.checked,
      inFlight: this.inFlight,
      violations,
    };
  }
}
