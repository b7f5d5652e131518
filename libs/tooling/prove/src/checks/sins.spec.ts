import type { Order, StatementEntry } from '@stampede/contracts';
import type { Call, Check, Observations } from '../check';
import {
  audit,
  everyOrderEnded,
  failedAttempts,
  failures,
  latency,
  moneyMatchesOrders,
  noSeatTwice,
  oneCapturePerOrder,
  oneOrderPerKey,
  ordersEnded,
  recovers,
  ticketsAtMost,
} from './index';

const PRICE = 5_000;

function order(id: string, changes: Partial<Order> = {}): Order {
  const seat = { section: 'A', row: 1, number: Number(id) };
  return {
    ...{ orderId: id, eventId: 'match', holdId: `hold-${id}`, status: 'confirmed', total: PRICE, currency: 'USD' },
    ...{ seats: [seat], tickets: [{ ticketId: `t-${id}`, seat, code: 'x' }], timeline: [] },
    ...changes,
  } as Order;
}

function captured(key: string, changes: Partial<StatementEntry> = {}): StatementEntry {
  return { key, kind: 'capture', amount: PRICE, currency: 'USD', at: '2026-06-11T18:00:00Z', ...changes };
}

function call(changes: Partial<Call> = {}): Call {
  return {
    atMs: 1_500,
    firstAtMs: changes.atMs ?? 1_500,
    route: 'place-order',
    status: 202,
    ms: 20,
    attempt: 1,
    failed: false,
    ...changes,
  };
}

const orders = (...all: readonly Order[]) => new Map(all.map((one) => [one.orderId, one]));
const invariant = { id: 'C2' as const, holds: true, checked: 2, inFlight: 0, violations: [] };
/** Two orders that were told, paid once each, and answered quickly. */
const well: Observations = {
  phases: [
    { name: 'steady', fromMs: 0, toMs: 1_000 },
    { name: 'fault', fromMs: 1_000, toMs: 2_000 },
  ],
  calls: Array.from({ length: 100 }, () => call()),
  seen: ['1', '2'].map((orderId) => ({ atMs: 1_500, what: 'order', detail: { orderId, replayed: orderId === '1' } })),
  orders: orders(order('1'), order('2')),
  untold: new Map(),
  unread: [],
  statement: [captured('1'), captured('2')],
  audit: { checkedAt: '2026-06-11T18:00:00Z', invariants: [invariant] },
  recoveredMs: 4_000,
  series: {},
  summary: { metrics: {} },
};

function failuresUnderFault(): Check {
  return failures({ atMost: 0.01, during: ['fault'] });
}

/** Begun within the fault, given up when it was over. */
function late(): Call[] {
  return [...well.calls, ...Array.from({ length: 2 }, () => call({ firstAtMs: 1_900, atMs: 2_500, failed: true }))];
}

const noAnswers = Array.from({ length: 2 }, () => call({ status: 0, failed: true }));
const sins: readonly [sin: string, check: Check, seen: Partial<Observations>][] = [
  ['an order that is charged twice', oneCapturePerOrder(), { statement: [...well.statement, captured('1.2')] }],
  [
    'a charge for an order that was declined',
    moneyMatchesOrders(),
    { orders: orders(order('1'), order('2', { status: 'declined' })) },
  ],
  [
    'an overcharge and a lost charge that make up for each other',
    moneyMatchesOrders(),
    { statement: [captured('1', { amount: 2 * PRICE })] },
  ],
  [
    'a charge for an order that nobody was told of',
    moneyMatchesOrders(),
    { statement: [...well.statement, captured('3')] },
  ],
  [
    'a second order for the same hold',
    oneOrderPerKey({ replaysAtLeast: 1 }),
    { untold: orders(order('3', { holdId: 'hold-1' })) },
  ],
  ['an order that is pending', everyOrderEnded(), { orders: orders(order('1', { status: 'pending' })) }],
  ['an order that is not known any more', everyOrderEnded(), { orders: new Map([['1', undefined]]) }],
  [
    'an order that was cancelled',
    ordersEnded({ as: ['confirmed'], atLeast: 1 }),
    { orders: orders(order('1', { status: 'cancelled' })) },
  ],
  [
    'a seat that two orders have',
    noSeatTwice(),
    { orders: orders(order('1'), order('2', { tickets: order('1').tickets })) },
  ],
  ['a ticket too many', ticketsAtMost(2), { orders: orders(order('1'), order('2'), order('3')) }],
  ['a violation', audit('C2'), { audit: { ...well.audit!, invariants: [{ ...invariant, holds: false }] } }],
  [
    'an event in flight for ever',
    audit('C2'),
    { audit: { ...well.audit!, invariants: [{ ...invariant, inFlight: 1 }] } },
  ],
  ['an order that cannot be read', everyOrderEnded(), { unread: ['3'] }],
  ['a request that failed under the fault, long after it had begun', failuresUnderFault(), { calls: late() }],
  ['an audit that does not answer', audit('C2'), { audit: undefined }],
  [
    'a request that was given up',
    failures({ atMost: 0.01, during: ['fault'] }),
    { calls: [...well.calls, ...noAnswers] },
  ],
  ['an attempt without an answer', failedAttempts({ atMost: 0.01 }), { calls: [...well.calls, ...noAnswers] }],
  [
    'slow answers',
    latency({ quantile: 0.99, belowMs: 300 }),
    { calls: [...well.calls, call({ ms: 900 }), call({ ms: 900 })] },
  ],
  ['a recovery that takes too long', recovers({ withinMs: 3_000 }), {}],
  ['a recovery that never came', recovers({ withinMs: 5_000 }), { recoveredMs: undefined }],
];

test.each(sins)('%s is seen', (_, check, changes) => {
  expect(check.judge({ ...well, ...changes }).holds).toBe(false);
});

test('a shop that did well passes all of them', () => {
  const checks = sins.map(([, check]) => check).filter((check) => !check.name.startsWith('time until'));
  const broken = [...checks, recovers({ withinMs: 5_000 })].filter((check) => !check.judge(well).holds);
  expect(broken.map(({ name }) => name)).toEqual([]);
});

test('a request that was tried again counts once, by its last attempt', () => {
  const retried = [call({ status: 503 }), call({ attempt: 2 })];
  const { measured } = failures({ atMost: 0.01 }).judge({ ...well, calls: retried });
  expect(measured).toBe('0 of 1');
});

test('what cannot be read is neither kept nor broken, unless the rest breaks it', () => {
  const judged = (orders: Observations['orders']) => everyOrderEnded().judge({ ...well, orders, unread: ['3'] });
  expect(judged(well.orders)).toMatchObject({
    holds: false,
    unknown: true,
    measured: '0 of 2 orders; 1 could not be read',
  });
  expect(judged(new Map([['1', undefined]])).unknown).toBeUndefined();
  const paid = [...well.statement, captured('3')];
  expect(moneyMatchesOrders().judge({ ...well, statement: paid, unread: ['3'] })).toMatchObject({
    unknown: true,
    measured: '0 of 2 orders; 1 could not be read',
  });
  expect(audit('C2').judge({ ...well, audit: undefined }).unknown).toBe(true);
});

test('a ratio needs three samples at its limit, a percentile as well, and "none" a hundred', () => {
  const needed = [
    failures({ atMost: 0.001 }),
    latency({ quantile: 0.99, belowMs: 1 }),
    failedAttempts({ atMost: 0 }),
  ].map((check) => check.judge(well).samples?.needed);
  expect(needed).toEqual([3_000, 300, 100]);
});
