import type { Order } from '@stampede/contracts';
import type { Call, Observations } from '../check';
import { asQuickAsBefore, metersMatchOrders, putAside, soldOutWhenGone } from './index';

function order(orderId: string, tickets: number, status: Order['status'] = 'confirmed'): Order {
  return { orderId, eventId: 'match', status, tickets: Array.from({ length: tickets }, () => ({})) } as Order;
}

const ordersOf = (...all: readonly Order[]) => new Map(all.map((one) => [one.orderId, one]));
const call = (changes: Partial<Call> = {}): Call => ({
  ...{ atMs: 500, firstAtMs: 500, route: 'hold', status: 201, ms: 20, attempt: 1, failed: false },
  ...changes,
});
const well: Observations = {
  phases: [
    { name: 'steady', fromMs: 0, toMs: 1_000 },
    { name: 'fault', fromMs: 1_000, toMs: 2_000 },
  ],
  calls: [],
  seen: [],
  orders: ordersOf(order('1', 2), order('2', 1)),
  untold: new Map(),
  unread: [],
  statement: [],
  audit: undefined,
  metered: new Map([['match', 3]]),
  recoveredMs: undefined,
  series: { 'dead letters': [1, null, 3], 'deliveries tried again': [0, 5, 8] },
  summary: { metrics: {} },
};

test('every ticket that is sold is metered once: one too few is seen, and one too many', () => {
  const judged = (changes: Partial<Observations>) => metersMatchOrders().judge({ ...well, ...changes });
  expect(judged({})).toMatchObject({ holds: true, measured: '0 of 3 tickets' });
  expect(judged({ metered: new Map([['match', 2]]) }).holds).toBe(false);
  expect(judged({ metered: new Map([['match', 4]]) }).holds).toBe(false);
  expect(
    judged({
      metered: new Map([
        ['match', 3],
        ['other', 1],
      ]),
    }).holds,
  ).toBe(false);
  expect(judged({ orders: ordersOf(order('1', 2), order('2', 1), order('3', 0, 'declined')) }).holds).toBe(true);
  expect(judged({ metered: undefined })).toMatchObject({ holds: false, unknown: true });
});

test('who is told that it is sold out is told the truth', () => {
  const check = soldOutWhenGone({ seats: 4, spare: 1 });
  const calls = [call({ status: 409, code: 'sold_out' })];
  const hold = (holdId: string, seats: number) => ({ atMs: 500, what: 'hold', detail: { holdId, seats } });
  const [one, two] = [hold('1', 2), hold('2', 1)];
  expect(check.judge({ ...well, calls, seen: [one, two] }).holds).toBe(true);
  const early = check.judge({ ...well, calls, seen: [one, one] }); // told twice
  expect(early).toMatchObject({ holds: false, measured: '2, 1 told so' });
  expect(check.judge({ ...well, seen: [one, two] }).samples).toEqual({ seen: 0, needed: 1 });
});

test('poison is put aside after as many tries as were said, and nothing else is', () => {
  const judged = (...aside: number[]) =>
    putAside({ letters: 2, tries: 5 }).judge({ ...well, series: { ...well.series, 'dead letters': aside } });
  expect(judged(1, 3)).toMatchObject({ holds: true, measured: '2, 8 deliveries tried again' });
  expect(judged(1, 2).holds).toBe(false);
  expect(judged(1, 4).holds).toBe(false);
  const hasty = { ...well.series, 'deliveries tried again': [0, 7] };
  expect(putAside({ letters: 2, tries: 5 }).judge({ ...well, series: hasty }).holds).toBe(false);
  expect(putAside({ letters: 2, tries: 5 }).judge({ ...well, series: {} }).unknown).toBe(true);
});

test('answers under the fault are held against those before it; what fails is slower than any', () => {
  const check = asQuickAsBefore({ routes: ['hold'], quantile: 0.9, atMostTimes: 2, orBelowMs: 30 });
  const judged = (...under: Partial<Call>[]) => {
    const before = Array.from({ length: 40 }, () => call());
    const during = Array.from({ length: 30 }, (_, index) => call({ atMs: 1_500, ...under[index] }));
    return check.judge({ ...well, calls: [...before, ...during] });
  };
  const [slower, slow, lost] = [{ ms: 39 }, { ms: 41 }, { status: 0 }];
  expect(judged(slower, slower, slower, slower)).toMatchObject({ holds: true, samples: { seen: 30, needed: 30 } });
  expect(judged(slow, slow, slow, slow)).toMatchObject({ holds: false, measured: '41 ms, before 20 ms' });
  expect(judged(lost, lost, lost, lost)).toMatchObject({ holds: false, measured: 'too many failed, before 20 ms' });
  const unwell = Array.from({ length: 30 }, (_, index) => call({ status: index < 4 ? 503 : 201 }));
  expect(check.judge({ ...well, calls: unwell })).toMatchObject({ holds: false, unknown: true });
});
