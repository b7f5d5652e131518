import { Findings } from './findings';
import type { OrderBook } from './order-book';
import { moneyText, type Account } from './statement';

type Sums = Map<string, number>;

/**
 * C3: at the provider, captured minus refunded is what the confirmed orders cost, order by order and in sum by
 * currency. The statement is read after the orders: whatever ended an order is in it.
 */
export function moneyAgrees(book: OrderBook, accounts: ReadonlyMap<string, Account>): Findings {
  const findings = new Findings('C3');
  const [expected, actual]: [Sums, Sums] = [new Map(), new Map()];
  for (const [orderId, { status, currency, total }] of book) {
    const standing = book.standing(orderId);
    if (standing === 'in-flight') {
      findings.leave();
      continue;
    }
    findings.check();
    const due: Sums = new Map(status === 'confirmed' ? [[currency, total]] : []);
    add(expected, due);
    compare(findings, orderId, due, accounts.get(orderId)?.net ?? new Map());
  }
  for (const [subject, { net }] of accounts) {
    const standing = book.standing(subject);
    if (standing === 'in-flight') continue;
    add(actual, net);
    if (standing === 'unknown') compare(findings, subject, new Map(), net, ', for there is no such order');
  }
  for (const currency of new Set([...expected.keys(), ...actual.keys()])) {
    compare(findings, currency, only(expected, currency), only(actual, currency));
  }
  return findings;
}

function compare(findings: Findings, subject: string, expected: Sums, actual: Sums, why = ''): void {
  const [due, taken] = [moneyText(expected), moneyText(actual)];
  if (due !== taken) findings.violate(subject, `${due}${why}`, taken);
}

function add(sums: Sums, more: Sums): void {
  for (const [currency, amount] of more) sums.set(currency, (sums.get(currency) ?? 0) + amount);
}

function only(sums: Sums, currency: string): Sums {
  return new Map([[currency, sums.get(currency) ?? 0]]);
}
