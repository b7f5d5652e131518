import type { OrderStatus } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { OrderDesk, type Acceptable } from '../src/order-desk';
import { CAPACITY, CrashLaboratory } from './crash-laboratory';

const TOTAL = 117;
const CARDS: readonly (readonly [token: string, end: OrderStatus])[] = [
  ['tok_ok', 'confirmed'],
  ['tok_declined', 'declined'],
  ['tok_lost_response', 'confirmed'],
];
/** An order passes about 25 points, and each is crashed at twice. */
const TIMEOUT_MS = 60_000;

let laboratory: CrashLaboratory;

beforeAll(async () => {
  laboratory = await CrashLaboratory.open();
}, TIMEOUT_MS);
afterAll(() => laboratory?.close(), TIMEOUT_MS);
beforeEach(() => laboratory.resetClock());

/** C1 to C5 for one order, as they follow from how it ended. */
async function expectPromisesKept(orderId: string, where: string): Promise<OrderStatus> {
  const ledger = await laboratory.ledger(orderId);
  const { status } = ledger;
  const isConfirmed = status === 'confirmed';
  expect({ where, ...ledger }).toEqual({
    where,
    status: expect.stringMatching(/^(confirmed|declined|cancelled|refunded)$/),
    captures: isConfirmed || status === 'refunded' ? 1 : 0,
    balance: isConfirmed ? TOTAL : 0,
    seats: isConfirmed ? ['sold', 'sold'] : [],
    tickets: isConfirmed ? 2 : 0,
    events: ['1 stampede.order.placed', `2 stampede.order.${status}`],
  });
  return status;
}

/** Places an order whose worker dies at `point`. Where another timing led past the point, another order is tried. */
async function crashedOrder(token: string, point: string): Promise<string> {
  for (let tries = 1; tries <= 3; tries += 1) {
    laboratory.resetClock();
    const orderId = await laboratory.placeOrder(token);
    if (await laboratory.crashAt(point)) return orderId;
    await expectPromisesKept(orderId, `no crash at ${point}`);
  }
  throw new Error(`no order with ${token} came to ${point}`);
}

test('the points cover each step before and after, and each write before, uncommitted and stored', async () => {
  const points = new Set<string>();
  for (const [token] of CARDS) for (const point of await laboratory.pointsOf(token)) points.add(point);
  const verbs = ['confirm-hold:run', 'capture:run', 'issue-tickets:run', 'settle:run', 'capture:ask'];
  for (const verb of [...verbs, 'confirm-hold:compensate']) {
    for (const moment of ['before', 'after', 'unstored', 'uncommitted', 'stored']) {
      expect([...points]).toContain(`${verb}:${moment}`);
    }
  }
  expect([...points]).toContain('capture:turn-back:stored');
});

test.each(CARDS)(
  'an order with %s ends %s wherever its worker crashes and another takes over',
  async (token, end) => {
    for (const point of await laboratory.pointsOf(token)) {
      const orderId = await crashedOrder(token, point);
      await laboratory.finish(laboratory.runner());
      expect(await expectPromisesKept(orderId, `crash at ${point}`)).toBe(end);
    }
  },
  TIMEOUT_MS,
);

test.each(CARDS)(
  'an order with %s keeps every promise wherever its worker crashes and nobody comes before the deadline',
  async (token) => {
    const ends = new Set<OrderStatus>();
    for (const point of await laboratory.pointsOf(token)) {
      const orderId = await crashedOrder(token, point);
      laboratory.passDeadline();
      await laboratory.finish(laboratory.runner());
      ends.add(await expectPromisesKept(orderId, `crash at ${point}, then the deadline`));
    }
    const isPaid = token !== 'tok_declined';
    expect(ends).toEqual(new Set(isPaid ? ['cancelled', 'refunded', 'confirmed'] : ['cancelled', 'declined']));
  },
  TIMEOUT_MS,
);

test.each(CARDS)(
  'an order with %s keeps every promise when its worker only sleeps, and wakes after another took over',
  async (token, end) => {
    for (const point of await laboratory.pointsOf(token)) {
      laboratory.resetClock();
      const orderId = await laboratory.placeOrder(token);
      await laboratory.sleepAt(point, () => laboratory.work(laboratory.runner()));
      expect(await expectPromisesKept(orderId, `asleep at ${point}`)).toBe(end);
    }
  },
  TIMEOUT_MS,
);

test.each(CARDS)(
  'an order with %s keeps every promise when its worker wakes after the deadline, and everything is undone',
  async (token) => {
    for (const point of await laboratory.pointsOf(token)) {
      laboratory.resetClock();
      const orderId = await laboratory.placeOrder(token);
      await laboratory.sleepAt(point, () => {
        laboratory.passDeadline();
        return laboratory.work(laboratory.runner());
      });
      await expectPromisesKept(orderId, `asleep at ${point} until after the deadline`);
    }
  },
  TIMEOUT_MS,
);

describe('a crash between the placing of an order and its answer', () => {
  /** Lets a process of orders accept an order, up to `act` and no further; then the connection breaks. */
  async function loseAnswer(
    order: Awaited<ReturnType<typeof orderOfSomebody>>,
    act: (desk: Pick<OrderDesk, 'accept'>, acceptable: Acceptable) => Promise<unknown>,
  ): Promise<void> {
    const replica = await laboratory.addReplica();
    const desk = replica.app.get(OrderDesk);
    const real = { accept: desk.accept.bind(desk) };
    const died = Promise.withResolvers<void>();
    desk.accept = async (acceptable) => {
      await act(real, acceptable);
      died.resolve();
      return new Promise(() => undefined);
    };
    const request = laboratory.post({ ...order, replica });
    const answered = request.then(
      () => 'answered',
      () => 'lost',
    );
    await died.promise;
    request.abort();
    expect(await answered).toBe('lost');
  }

  const orderOfSomebody = async () => ({ ...(await laboratory.hold()), paymentToken: 'tok_ok', key: uuidv7() });

  test('after the commit: the same key tells of the same order, and there is one', async () => {
    const order = await orderOfSomebody();
    let placed: string | undefined;
    await loseAnswer(order, async (desk, acceptable) => {
      placed = (await desk.accept(acceptable)).row.order_id;
    });

    const again = await laboratory.post(order).expect(202);
    expect(again.body.orderId).toBe(placed);
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', location: `/api/v1/orders/${placed}` });
    await laboratory.finish(laboratory.runner());
    expect(await expectPromisesKept(again.body.orderId, 'answer lost')).toBe('confirmed');
  });

  test('before the commit: the key is free when its lease ends, and its order has the hold', async () => {
    const order = await orderOfSomebody();
    let claimedFor: string | undefined;
    await loseAnswer(order, async (_, acceptable) => {
      claimedFor = acceptable.order.orderId;
    });

    const early = await laboratory.post(order).expect(409);
    expect(early.body.code).toBe('idempotency_in_flight');
    expect(Number(early.headers['retry-after'])).toBeLessThanOrEqual(5);
    await laboratory.passKeyLease(order.key);
    const again = await laboratory.post(order).expect(202);
    expect(again.body.orderId).toBe(claimedFor);
    await laboratory.finish(laboratory.runner());
    expect(await expectPromisesKept(again.body.orderId, 'nothing stored')).toBe('confirmed');
  });
});

test('after all these crashes the books agree, and every seat is accounted for', async () => {
  const { orders, block, doubles, captured, kept } = await laboratory.totals();
  expect(orders?.pending).toBe(0);
  expect(orders?.confirmed).toBeGreaterThan(0);
  expect({ captured, kept }).toEqual({ captured: orders?.confirmed, kept: orders?.confirmed });
  expect(doubles).toEqual([]);
  expect(block).toEqual({
    capacity: CAPACITY,
    sold: orders?.seats,
    held: 0,
    free: CAPACITY - (orders?.seats ?? 0),
  });
});
