import type { Order, StatementEntry } from '@stampede/contracts';
import type { Check, Observations } from '../check';

/** C2 by the provider's own books: no order that buyers know of was charged more than once. */
export function oneCapturePerOrder(): Check {
  return {
    name: 'orders charged more than once',
    judge: ({ orders, statement }) => {
      const counts = [...orders.keys()].map((orderId) => capturesOf(orderId, statement).length);
      const twice = counts.filter((count) => count > 1).length;
      return {
        holds: twice === 0,
        measured: `${twice} of ${counts.length} orders`,
        limit: 'none',
        samples: { seen: counts.filter((count) => count > 0).length, needed: 1 },
      };
    },
  };
}

/** C3 by the provider's own books: what it took and did not give back is what the confirmed orders cost. */
export function moneyMatchesOrders(): Check {
  return {
    name: 'money at the provider against confirmed orders',
    judge: (seen) => {
      const known = knownEntries(seen);
      const taken = known.reduce((sum, { kind, amount }) => sum + (kind === 'capture' ? amount : -amount), 0);
      const due = confirmed(seen).reduce((sum, { total }) => sum + total, 0);
      return {
        holds: taken === due,
        measured: `${taken - due} minor units of ${due}`,
        limit: 'no difference',
        samples: { seen: confirmed(seen).length, needed: 1 },
      };
    },
  };
}

/** The first capture's key is the order's id; keys of later captures and of refunds begin with it. */
export function capturesOf(orderId: string, statement: readonly StatementEntry[]): StatementEntry[] {
  return statement.filter(({ kind, key }) => kind === 'capture' && isOf(orderId, key));
}

function knownEntries({ orders, statement }: Observations): StatementEntry[] {
  return statement.filter(({ key }) => orders.has(key.split('.')[0] ?? ''));
}

function isOf(orderId: string, key: string): boolean {
  return key === orderId || key.startsWith(`${orderId}.`);
}

function confirmed({ orders }: Observations): Order[] {
  return [...orders.values()].filter((order) => order?.status === 'confirmed') as Order[];
}
