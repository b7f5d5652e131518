import { randomUUID } from 'node:crypto';
import { ORDERS_TOPIC, type Order } from '@stampede/contracts';
import { drawTree, orphansOf, startSpanSink, type Span, type SpanSink } from '@stampede/telemetry/testing';
import { openShop, type OpenShop } from '../src';

const START_MS = 180_000; // a build and ten processes, on a machine that does other work as well
const TEST_MS = 120_000;
const ARRIVAL_MS = 30_000;

let sink: SpanSink;
let open: OpenShop;

beforeAll(async () => {
  sink = await startSpanSink();
  open = await openShop({ env: sink.environment });
}, START_MS);
afterAll(async () => {
  await open?.close();
  await sink?.close();
}, START_MS);

/** Everything that happens for one ticket. Siblings are in the order of their names: some of them run side by side. */
const TREE = `
gateway: POST /api/v1/orders
  gateway: orders.placeOrder
    orders: POST /orders
      orders: inventory.claimHold
        inventory: POST /holds/:holdId/claim
          inventory: pg.query:UPDATE inventory
      orders: order capture
        orders: payments.capture
          payments: POST /captures
            payments: payment-provider.capture
              payment-provider: POST /captures
            payments: pg.query:BEGIN payments
            payments: pg.query:COMMIT payments
            payments: pg.query:INSERT payments
            payments: pg.query:INSERT payments
            payments: pg.query:SELECT payments
            payments: pg.query:UPDATE payments
        orders: pg.query:BEGIN orders
        orders: pg.query:COMMIT orders
        orders: pg.query:UPDATE orders
        orders: pg.query:UPDATE orders
      orders: order confirm-hold
        orders: inventory.confirmHold
          inventory: POST /holds/:holdId/confirm
            inventory: pg.query:UPDATE inventory
        orders: pg.query:BEGIN orders
        orders: pg.query:COMMIT orders
        orders: pg.query:UPDATE orders
        orders: pg.query:UPDATE orders
      orders: order issue-tickets
        orders: pg.query:BEGIN orders
        orders: pg.query:COMMIT orders
        orders: pg.query:INSERT orders
        orders: pg.query:UPDATE orders
        orders: pg.query:UPDATE orders
      orders: order settle
        orders: pg.query:BEGIN orders
        orders: pg.query:COMMIT orders
        orders: pg.query:INSERT orders
        orders: pg.query:UPDATE orders
        orders: pg.query:UPDATE orders
        orders: pg.query:UPDATE orders
        orders: send stampede.orders
          billing: process stampede.orders
            billing: pg.query:BEGIN billing
            billing: pg.query:COMMIT billing
            billing: pg.query:INSERT billing
            billing: pg.query:INSERT billing
          notifications: process stampede.orders
            notifications: pg.query:BEGIN notifications
            notifications: pg.query:COMMIT notifications
            notifications: pg.query:INSERT notifications
            notifications: pg.query:INSERT notifications
            notifications: pg.query:INSERT notifications
            notifications: pg.query:UPDATE notifications
      orders: pg.query:BEGIN orders
      orders: pg.query:COMMIT orders
      orders: pg.query:INSERT orders
      orders: pg.query:INSERT orders
      orders: pg.query:INSERT orders
      orders: pg.query:INSERT orders
      orders: pg.query:UPDATE orders
      orders: send stampede.orders
        billing: process stampede.orders
          billing: pg.query:BEGIN billing
          billing: pg.query:COMMIT billing
          billing: pg.query:INSERT billing
        notifications: process stampede.orders
          notifications: pg.query:BEGIN notifications
          notifications: pg.query:COMMIT notifications
          notifications: pg.query:INSERT notifications
`.trim();
const WHOLE = TREE.split('\n').length;

interface Bought {
  readonly order: Order;
  readonly traceId: string;
}

/** A ticket whose order was accepted at the first attempt: so the trace of the answer is the trace of the order. */
async function buy(paymentToken: string): Promise<Bought> {
  const { shop } = open;
  for (;;) {
    const { holdId, buyer } = await shop.hold();
    const call = { token: buyer.accessToken, key: randomUUID(), body: { holdId, paymentToken } };
    const { status, headers, body } = await shop.calls.send<Order>('POST', '/orders', call);
    if (status !== 202) continue;
    return { order: await shop.settled(body.orderId), traceId: headers['x-trace-id'] ?? '' };
  }
}

/** As `drawTree`, with siblings by name. */
function treeOf(spans: readonly Span[]): string {
  return inOrderOfNames(drawTree(spans).split('\n')).join('\n');
}

function inOrderOfNames(lines: readonly string[], depth = 0): string[] {
  const branches: string[][] = [];
  for (const line of lines) {
    if (line.search(/\S/) === 2 * depth) branches.push([line]);
    else branches.at(-1)?.push(line);
  }
  const ordered = branches.map(([head = '', ...below]) => [head, ...inOrderOfNames(below, depth + 1)]);
  return ordered.toSorted((a, b) => (a.join('\n') < b.join('\n') ? -1 : 1)).flat();
}

test(
  'a ticket is one trace: gateway, orders, its saga, inventory, payments, provider, events and their consumers',
  async () => {
    let tree = '';
    // On a busy machine a call may run out of time and be made again: then another ticket shows the usual tree.
    for (let tickets = 1; tree !== TREE && tickets <= 3; tickets += 1) {
      const { traceId } = await buy('tok_ok');
      // Each process sends its spans when it likes: with those of a repeated call there may be enough and some missing.
      const isWhole = (spans: readonly Span[]) => spans.length >= WHOLE && orphansOf(spans).length === 0;
      tree = treeOf(await sink.waitForTrace(traceId, isWhole, ARRIVAL_MS));
    }
    expect(tree).toBe(TREE);
  },
  TEST_MS,
);

test(
  'a capture that is asked for, and a sale that is undone, are seen in the trace of their order',
  async () => {
    const lost = await buy('tok_lost_response');
    await expectSpans(lost.traceId, ['payments.settleCapture', 'GET /captures/:key', 'payment-provider.readCapture']);
    const declined = await buy('tok_declined');
    await expectSpans(declined.traceId, ['inventory.releaseSeats', 'POST /holds/:holdId/release']);
  },
  TEST_MS,
);

/**
 * The trace comes to have a span of each of these names, and both consumers of both events of its order: each process
 * sends its spans when it likes, so that any of them may be the last.
 */
async function expectSpans(traceId: string, names: readonly string[]): Promise<void> {
  const isWhole = (spans: readonly Span[]) => {
    const seen = new Set(spans.map(({ name }) => name));
    return names.every((name) => seen.has(name)) && spans.filter(({ kind }) => kind === 'consumer').length >= 4;
  };
  await sink.waitForTrace(traceId, isWhole, ARRIVAL_MS); // throws with the tree so far
}

test(
  'tickets bought at the same time have a trace each; in the end no span is an orphan, or tells of a person or card',
  async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => buy('tok_ok')));
    await open.close(); // every process sends what it still has
    const spans = sink.spans();
    for (const { order, traceId } of all) {
      const told = spans.filter(({ attributes }) => attributes['stampede.subject'] === order.orderId);
      const seen = new Set(told.map((span) => `${span.traceId} ${span.service}: ${span.name}`));
      const senders = ['orders: send', 'notifications: process', 'billing: process'];
      expect(seen).toEqual(new Set(senders.map((verb) => `${traceId} ${verb} ${ORDERS_TOPIC}`)));
    }
    expect(orphansOf(spans).map(({ service, name }) => `${service}: ${name}`)).toEqual([]);
    const everything = JSON.stringify(spans);
    for (const secret of ['example.test', 'tok_ok', 'tok_lost_response']) expect(everything).not.toContain(secret);
  },
  TEST_MS,
);
