import type { StatementEntry } from '@stampede/contracts';

/** What the provider says of one order, or of a key that is no order's. */
export interface Account {
  captures: number;
  /** Captured minus refunded, minor units by currency. */
  readonly net: Map<string, number>;
}

/**
 * The order that a key of the provider belongs to: keys are `<order>`, `<order>.2` and on for later attempts, each with
 * `.refund` for its refund. Another's key is returned as it is, without that ending.
 */
export function subjectOf(key: string): string {
  return key.replace(/\.refund$/, '').replace(/\.\d+$/, '');
}

/** The statement by subject. */
export function accountsOf(entries: Iterable<StatementEntry>): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const { key, kind, amount, currency } of entries) {
    const subject = subjectOf(key);
    const account: Account = accounts.get(subject) ?? { captures: 0, net: new Map() };
    accounts.set(subject, account);
    if (kind === 'capture') account.captures += 1;
    account.net.set(currency, (account.net.get(currency) ?? 0) + (kind === 'capture' ? amount : -amount));
  }
  return accounts;
}

/** `11700 USD`, several by comma, `nothing`. Sums of zero are not told. */
export function moneyText(net: Iterable<readonly [currency: string, amount: number]>): string {
  const sums = [...net].filter(([, amount]) => amount !== 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sums.map(([currency, amount]) => `${amount} ${currency}`).join(', ') || 'nothing';
}
