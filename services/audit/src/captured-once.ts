import { Findings } from './findings';
import type { Account } from './statement';

/** C2: at most one capture per order, in the provider's books. A second one is a violation at once. */
export function capturedOnce(accounts: ReadonlyMap<string, Account>): Findings {
  const findings = new Findings('C2');
  for (const [subject, { captures }] of accounts) {
    if (captures === 0) continue;
    findings.check();
    if (captures > 1) findings.violate(subject, 'at most one capture', `${captures} captures`);
  }
  return findings;
}
