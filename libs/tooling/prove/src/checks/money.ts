import type { StatementEntry } from '@stampede/contracts';
import type { Check } from '../check';
import { knowingAll } from './orders';

/** C2 by the provider's own books: no order that buyers know of was charged more than once. */
export function oneCapturePerOrder(): Check {
  return {
    name: 'orders charged more than once',
    judge: ({ orders, unread, statement }) => {
      const counts = [...orders.keys(), ...unread].map((orderId) => capturesOf(orderId, statement).length);
      const twice = counts.filter((count) => count > 1).length;
      return {
        holds: twice === 0,
        measured: `${twice} of ${counts.length} orders`,
        limit: 'none',
        beyond: { count: twice },
        samples: { seen: counts.filter((count) => count > 0).length, needed: 1 },
      };
    },
  };
}

/**
 * C3 by the provider's own books, order by order: what it took and did not give back is what a confirmed order costs,
 * and nothing for any other. Orders that no buyer was told of count as well: who paid for them did not get them.
 */
export function moneyMatchesOrders(): Check {
  return knowingAll({
    name: 'orders whose money at the provider is not their price',
    judge: ({ orders, untold, unread, statement }) => {
      const taken = new Map<string, number>();
      for (const { key, kind, amount, currency } of statement) {
        const account = `${orderOfKey(key)} ${currency}`;
        taken.set(account, (taken.get(account) ?? 0) + (kind === 'capture' ? amount : -amount));
      }
      const due = new Map<string, number>();
      for (const order of [...orders.values(), ...untold.values()])
        if (order?.status === 'confirmed') due.set(`${order.orderId} ${order.currency}`, order.total);
      const accounts = new Set([...taken.keys(), ...due.keys()]);
      const isUnread = new Set(unread);
      const read = [...accounts].filter((account) => !isUnread.has(account.split(' ')[0] ?? ''));
      const wrong = read.filter((account) => (taken.get(account) ?? 0) !== (due.get(account) ?? 0));
      return {
        holds: wrong.length === 0,
        measured: `${wrong.length} of ${read.length} orders`,
        limit: 'none',
        beyond: { count: wrong.length },
        samples: { seen: due.size, needed: 1 },
      };
    },
  });
}

/** The first capture's key is the order's id; keys of later captures and of refunds begin with it. */
export function capturesOf(orderId: string, statement: readonly StatementEntry[]): StatementEntry[] {
  return statement.filter(({ kind, key }) => kind === 'capture' && isOf(orderId, key));
}

function isOf(orderId: string, key: string): boolean {
  return key === orderId || key.startsWith(`${orderId}.`);
}

/** The order that an entry of the statement is for. */
export function orderOfKey(key: string): string {
  return key.split('.')[0] ?? '';
}
