import type { AuditReport } from '@stampede/contracts';
import { findShop, issueToken, readAudit } from './running-shop';
import type { Verb } from './verb';

const BROKEN = 1;
const NOT_ASKED = 2;

const promises: Readonly<Record<string, string>> = {
  C1: 'every accepted order comes to an end',
  C2: 'at most one capture an order',
  C3: "the provider's money equals the confirmed orders",
  C4: 'no seat is sold twice',
  C5: 'every event is applied once, in order',
};

export const auditVerb: Verb = (program, surroundings) => {
  program
    .command('audit')
    .description(
      'ask the running shop whether C1 to C5 hold; exits with 1 when one does not, with 2 when it cannot be asked',
    )
    .option('--url <url>', 'another shop than the one that runs here')
    .option('--token <token>', "an operator's token, where the shop's admin port is out of reach")
    .option('--json', "the shop's own answer")
    .action(async ({ url, token, json }: { url?: string; token?: string; json?: true }) => {
      process.exitCode = NOT_ASKED; // until there is an answer
      const shop = await findShop(surroundings, url);
      const audit = await readAudit(shop, token ?? (await issueToken(shop, 'operator')));
      for (const line of json === true ? [JSON.stringify(audit, null, 2)] : auditTable(audit)) surroundings.print(line);
      process.exitCode = audit.invariants.every(({ holds }) => holds) ? 0 : BROKEN;
    });
};

/** One line an invariant, then one line a violation. */
export function auditTable({ checkedAt, invariants }: AuditReport): string[] {
  const rows = invariants.map(({ id, holds, checked, inFlight, violations }) =>
    row(`${id} ${promises[id] ?? ''}`, holds ? 'yes' : 'NO', [checked, inFlight, violations.length]),
  );
  const violations = invariants.flatMap(({ id, violations: found }) =>
    found.map(({ subject, expected, actual }) => `${id} ${subject}: expected ${expected}, is ${actual}`),
  );
  const head = row('invariant', 'holds', ['checked', 'in flight', 'violations']);
  return [`checked at ${checkedAt}`, head, ...rows, ...violations];
}

function row(promise: string, holds: string, counts: readonly (string | number)[]): string {
  return promise.padEnd(52) + holds.padEnd(6) + counts.map((count) => String(count).padStart(11)).join('');
}
