import { randomUUID } from 'node:crypto';
import type { Hold, Order, OrderStatus, Problem } from '@stampede/contracts';
import { openShop, type HeldSeats, type OpenShop } from '../src';

const START_MS = 180_000; // a build and ten processes, on a machine that does other work as well
const TEST_MS = 120_000;

let open: OpenShop;
beforeAll(async () => {
  open = await openShop({ replicas: { orders: 2 } });
}, START_MS);
afterAll(() => open?.close(), START_MS);

async function buy(paymentToken: string, quantity = 1): Promise<Order> {
  const { shop } = open;
  const { orderId } = await shop.placeOrder({ hold: await shop.hold({ quantity }), paymentToken });
  return shop.settled(orderId);
}

/** C1 to C5 of the whole shop, with nothing left to be done. */
async function expectBooksToAgree(): Promise<void> {
  const { invariants } = await open.shop.auditAtRest();
  expect(invariants.map(({ id, holds, violations }) => ({ id, holds, violations }))).toEqual(
    ['C1', 'C2', 'C3', 'C4', 'C5'].map((id) => ({ id, holds: true, violations: [] })),
  );
}

test.each([
  ['tok_ok', 'confirmed', undefined],
  ['tok_declined', 'declined', 'card_declined'],
  ['tok_insufficient_funds', 'declined', 'insufficient_funds'],
  ['tok_lost_response', 'confirmed', undefined],
  ['tok_slow', 'confirmed', undefined],
  ['tok_error_once', 'confirmed', undefined],
  ['tok_of_nobody', 'declined', 'card_declined'],
] as const)(
  'an order paid with %s ends %s, charged once or not at all',
  async (token, status, code) => {
    const order = await buy(token, 2);
    expect(order).toMatchObject({ status, ...(code === undefined ? {} : { failure: { code } }) });
    expect(order.tickets).toHaveLength(status === 'confirmed' ? 2 : 0);
    const captures = await open.provider.capturesOf(order.orderId);
    expect(captures.map(({ amount }) => amount)).toEqual(status === 'confirmed' ? [order.total] : []);
    expect(await open.provider.refundsOf(order.orderId)).toEqual([]);
  },
  TEST_MS,
);

test('of two buyers for the last seat one gets it, and it is free again when that one does not pay', async () => {
  const { shop } = open;
  const { eventId } = await shop.openMatch({ capacity: 1 });
  const wish = { eventId, category: 'CAT1', quantity: 1 };
  const rivals = await Promise.all([shop.signIn(), shop.signIn()]);
  const answers = await Promise.all(
    rivals.map(({ accessToken: token }) =>
      shop.calls.insist<Hold & Problem>('POST', '/holds', { token, key: randomUUID(), body: wish }),
    ),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  expect(answers.find(({ status }) => status === 409)?.body.code).toBe('sold_out');

  const winner = answers.findIndex(({ status }) => status === 201);
  const hold = { ...answers[winner]?.body, buyer: rivals[winner] } as HeldSeats;
  const { orderId } = await shop.placeOrder({ hold, paymentToken: 'tok_declined' });
  await shop.settled(orderId);
  const loser = rivals[1 - winner];
  expect(await shop.hold({ eventId, ...(loser === undefined ? {} : { buyer: loser }) })).toMatchObject({
    seats: hold.seats,
  });
});

test('a repeated key tells of the same hold and the same order, and another body under it is refused', async () => {
  const { shop } = open;
  const { accessToken: token } = await shop.signIn();
  const { eventId } = await shop.openMatch({ capacity: 10 });
  const wish = { token, key: randomUUID(), body: { eventId, category: 'CAT1', quantity: 2 } };
  const held = await shop.calls.insist<Hold>('POST', '/holds', wish);
  const heldAgain = await shop.calls.insist<Hold>('POST', '/holds', wish);
  expect(heldAgain).toMatchObject({ status: 201, body: held.body, headers: { 'idempotent-replayed': 'true' } });
  const other = { ...wish, body: { ...wish.body, quantity: 1 } };
  expect(await shop.calls.insist('POST', '/holds', other)).toMatchObject({ status: 422 });

  const order = { token, key: randomUUID(), body: { holdId: held.body.holdId, paymentToken: 'tok_ok' } };
  const placed = await shop.calls.insist<Order>('POST', '/orders', order);
  await shop.settled(placed.body.orderId);
  const placedAgain = await shop.calls.insist<Order>('POST', '/orders', order);
  expect(placedAgain).toMatchObject({ status: 202, body: placed.body, headers: { 'idempotent-replayed': 'true' } });
  expect(placedAgain.headers['location']).toBe(placed.headers['location']);
  const secondKey = await shop.calls.insist<Problem>('POST', '/orders', { ...order, key: randomUUID() });
  expect(secondKey).toMatchObject({ status: 409, body: { code: 'hold_used' } });
  expect(await open.provider.capturesOf(placed.body.orderId)).toHaveLength(1);
});

test('one buyer may have four seats of an event, bought ones included', async () => {
  const { shop } = open;
  const buyer = await shop.signIn();
  const { eventId } = await shop.openMatch({ capacity: 10 });
  const hold = await shop.hold({ buyer, eventId, quantity: 3 });
  const { orderId } = await shop.placeOrder({ hold, paymentToken: 'tok_ok' });
  expect(await shop.settled(orderId)).toMatchObject({ status: 'confirmed' });
  const wish = (quantity: number) => ({
    token: buyer.accessToken,
    key: randomUUID(),
    body: { eventId, category: 'CAT1', quantity },
  });
  const tooMany = await shop.calls.insist<Problem>('POST', '/holds', wish(2));
  expect(tooMany).toMatchObject({ status: 409, body: { code: 'purchase_limit' } });
  await shop.calls.insistOn(201, 'POST', '/holds', wish(1));
});

test('with Prefer: wait the answer is the finished order', async () => {
  const { shop } = open;
  const hold = await shop.hold();
  const answer = await shop.calls.insist<Order>('POST', '/orders', {
    token: hold.buyer.accessToken,
    key: randomUUID(),
    body: { holdId: hold.holdId, paymentToken: 'tok_ok' },
    headers: { prefer: 'wait=10' },
  });
  expect(answer).toMatchObject({ status: 201, body: { status: 'confirmed' } });
  expect(answer.headers).toMatchObject({
    'preference-applied': 'wait=10',
    location: `/api/v1/orders/${answer.body.orderId}`,
  });
});

test(
  'the stream of an order comes through the gateway, from pending to its end, and a finished one has no more',
  async () => {
    const { shop } = open;
    await open.stop('payments'); // so that the order waits until its stream is there
    const hold = await shop.hold();
    const { orderId } = await shop.placeOrder({ hold, paymentToken: 'tok_ok' });
    const path = `/orders/${orderId}/stream`;
    const call = { token: hold.buyer.accessToken };
    let started: Promise<void> | undefined;
    const onText = (): void => void (started ??= open.start('payments'));
    const { status, headers, body } = await shop.calls.stream(path, { ...call, onText });
    await started;
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/event-stream');
    const events = eventsOf(body);
    const ids = events.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    expect(events.at(0)?.order.status).toBe('pending');
    expect(events.at(-1)?.order).toMatchObject({ orderId, status: 'confirmed' });

    const again = { ...call, headers: { 'last-event-id': String(ids.at(-1)) } };
    expect(await shop.calls.stream(path, again)).toMatchObject({ status: 204 });
  },
  TEST_MS,
);

function eventsOf(stream: string): { id: number; order: Order }[] {
  const blocks = stream.split('\n\n').filter((block) => block.startsWith('event: order'));
  return blocks.map((block) => ({
    id: Number(/^id: (\d+)$/m.exec(block)?.[1]),
    order: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null') as Order,
  }));
}

test('then the books agree', expectBooksToAgree, TEST_MS);

test(
  'processes are killed while many buy: every order ends, and the books agree',
  async () => {
    const victims = ['orders', 'payments', 'inventory', 'orders-1', 'gateway', 'notifications', 'billing'];
    const tokens = ['tok_ok', 'tok_lost_response', 'tok_declined', 'tok_error_once'];
    const { eventId } = await open.shop.openMatch();
    const orders: Promise<Order>[] = [];
    const buyers = Array.from({ length: BUYERS }, async (_, buyer) => {
      for (let nth = 0; nth < ORDERS_EACH; nth += 1) {
        const orderId = await buyThroughTrouble(eventId, tokens[(buyer + nth) % tokens.length] ?? '');
        // The kills come by the count of accepted orders, so that they meet the others at work, on any machine.
        const accepted = orders.push(open.shop.settled(orderId));
        if (accepted % ORDERS_PER_KILL === 0) await open.kill(victims.shift() ?? 'orders');
      }
    });
    await Promise.all(buyers);
    await open.ready();
    const ended = await Promise.all(orders);
    const statuses = new Set<OrderStatus>(ended.map(({ status }) => status));
    expect(victims).toEqual([]);
    expect(statuses).toContain('confirmed');
    expect(statuses).not.toContain('pending');
    await expectBooksToAgree();
  },
  TEST_MS,
);

const BUYERS = 8;
const ORDERS_EACH = 5;
const ORDERS_PER_KILL = 5;

/** As a real client buys: what has no answer is sent again, under the same key. */
async function buyThroughTrouble(eventId: string, paymentToken: string): Promise<string> {
  const { calls } = open.shop;
  const body = { email: `${randomUUID()}@example.test` };
  const session = await calls.insist<{ accessToken: string }>('POST', '/sessions', { body });
  const token = session.body.accessToken;
  const wish = { eventId, category: 'CAT1', quantity: 2 };
  const hold = await calls.insist<Hold>('POST', '/holds', { token, key: randomUUID(), body: wish });
  expect(hold).toMatchObject({ status: 201 });
  const order = { holdId: hold.body.holdId, paymentToken };
  const placed = await calls.insist<Order>('POST', '/orders', { token, key: randomUUID(), body: order });
  expect(placed).toMatchObject({ status: 202 });
  return placed.body.orderId;
}
