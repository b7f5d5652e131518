import { ORDERS_TOPIC } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { KeySweep, NotFound, Refused, Unavailable } from '@stampede/service-kit';
import { sql } from 'kysely';
import { asBuyer, BUYER, openOrders, type OpenOrders } from './open-orders';

let shop: OpenOrders;

beforeEach(async () => {
  shop = await openOrders();
});
afterEach(() => shop.close());

function timeline(order: Record<string, unknown>): string[] {
  return (order['timeline'] as { step: string; outcome: string }[]).map(({ step, outcome }) => `${step} ${outcome}`);
}

async function events(orderId: string): Promise<{ type: string; sequence: number; data: Record<string, unknown> }[]> {
  const { rows } = await sql<{ type: string; sequence: number; data: Record<string, unknown> }>`
    SELECT type, sequence, data FROM outbox WHERE topic = ${ORDERS_TOPIC} AND subject = ${orderId}
      ORDER BY sequence`.execute(shop.orders.database.kysely);
  return rows;
}

test('an accepted order is pending at once and confirmed by its saga, with a ticket for each seat', async () => {
  const placed = await shop.place().expect(202);
  expect(placed.body).toMatchObject({ status: 'pending', total: 117, currency: 'USD', tickets: [] });
  expect(placed.body.seats).toHaveLength(2);
  expect(placed.headers['location']).toBe(`/api/v1/orders/${placed.body.orderId}`);
  const order = await shop.settled(placed.body.orderId, BUYER);
  expect(order).toMatchObject({ status: 'confirmed' });
  expect(order['tickets']).toEqual(
    [1, 2].map((number) => ({
      ticketId: expect.any(String),
      seat: { section: '101', row: 'A', number },
      code: expect.stringMatching(/^([0-9A-HJKMNP-TV-Z]{6}-){3}[0-9A-HJKMNP-TV-Z]{6}$/),
    })),
  );
  expect(timeline(order)).toEqual([
    'placed done',
    'confirm-hold done',
    'capture done',
    'issue-tickets done',
    'settle done',
  ]);
  expect((await events(placed.body.orderId)).map(({ type }) => type)).toEqual([
    'stampede.order.placed',
    'stampede.order.confirmed',
  ]);
});

test('the token is forgotten at the end, and no event carries it', async () => {
  const { body } = await shop.place({ prefer: 'wait=10' }).expect(201);
  const { rows } = await sql<{ state: unknown }>`SELECT state FROM saga`.execute(shop.orders.database.kysely);
  expect(JSON.stringify([rows, await events(body.orderId)])).not.toContain('tok_ok');
});

test('with Prefer: wait the answer is the finished order, and a repeat is told the same', async () => {
  const key = uuidv7();
  const holdId = uuidv7();
  const first = await shop.place({ key, holdId, prefer: 'wait=10' }).expect(201);
  expect(first.body.status).toBe('confirmed');
  expect(first.headers['preference-applied']).toBe('wait=10');
  const again = await shop.place({ key, holdId, prefer: 'wait=10' }).expect(201);
  expect(again.headers).not.toHaveProperty('preference-applied');
  expect(again.body).toEqual(first.body);
  expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', location: first.headers['location'] });
  expect(shop.payments.calls).toHaveLength(1);
});

test('a repeat while the first answer waits is told that it is in flight, and the same answer afterwards', async () => {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  shop.payments.handlers.capture = async () => {
    reached.resolve();
    await gate.promise;
    return { outcome: 'captured' };
  };
  const [key, holdId] = [uuidv7(), uuidv7()];
  const first = shop.place({ key, holdId, prefer: 'wait=10' }).then((answer) => answer);
  await reached.promise;
  const during = await shop.place({ key, holdId }).expect(409);
  expect(during.body.code).toBe('idempotency_in_flight');
  expect(during.headers['retry-after']).toMatch(/^\d+$/);
  gate.resolve();
  const { status, body } = await first;
  expect(status).toBe(201);
  expect((await shop.place({ key, holdId }).expect(201)).body).toEqual(body);
});

test('an order that does not end in time is answered as accepted, and so is its repeat at once', async () => {
  shop.payments.handlers.capture = () => {
    throw new Unavailable();
  };
  const [key, holdId] = [uuidv7(), uuidv7()];
  const first = await shop.place({ key, holdId, prefer: 'wait=1' }).expect(202);
  expect((await shop.place({ key, holdId }).expect(202)).body).toEqual(first.body);
});

test('a repeat at another replica gets the same order; another body under the key is refused', async () => {
  await shop.addReplica();
  const [key, holdId] = [uuidv7(), uuidv7()];
  const first = await shop.place({ key, holdId }).expect(202);
  const again = await shop.place({ key, holdId, replica: 1 }).expect(202);
  expect(again.body).toEqual(first.body);
  expect((await shop.place({ key, holdId: uuidv7() }).expect(422)).body.code).toBe('idempotency_conflict');
  const another = await shop.place({ key, holdId, buyerId: uuidv7() }).expect(409); // keys are scoped to their caller
  expect(another.body.code).toBe('hold_used');
});

test('a refusal of inventory is final for its key, an outage is not', async () => {
  const [key, holdId] = [uuidv7(), uuidv7()];
  shop.inventory.handlers.claimHold = () => {
    throw new Unavailable();
  };
  const down = await shop.place({ key, holdId }).expect(503);
  expect(down.headers['retry-after']).toMatch(/^\d+$/);
  shop.inventory.handlers.claimHold = () => {
    throw new Refused('hold_expired', 'too late');
  };
  expect((await shop.place({ key, holdId }).expect(409)).body).toMatchObject({ code: 'hold_expired' });
  shop.inventory.handlers.claimHold = () => {
    throw new NotFound();
  };
  const again = await shop.place({ key, holdId }).expect(409);
  expect(again.headers['idempotent-replayed']).toBe('true');
  expect(again.headers['content-type']).toContain('application/problem+json');
});

test('a declined card ends the order declined, and its seats are free again', async () => {
  shop.payments.handlers.capture = () => ({ outcome: 'declined', declineCode: 'insufficient_funds' });
  const { body } = await shop.place({ prefer: 'wait=10' }).expect(201);
  expect(body).toMatchObject({ status: 'declined', tickets: [], failure: { code: 'insufficient_funds' } });
  expect(timeline(body)).toEqual(['placed done', 'confirm-hold done', 'capture declined', 'release-seats done']);
  expect(shop.inventory.calls.at(-1)).toMatchObject({ operation: 'releaseSeats', input: { orderId: body.orderId } });
  expect((await events(body.orderId)).at(-1)).toMatchObject({
    type: 'stampede.order.declined',
    data: { failureCode: 'insufficient_funds' },
  });
});

test('a hold that was lost before it was confirmed cancels the order, and nothing is captured', async () => {
  shop.inventory.handlers.confirmHold = () => {
    throw new Refused('hold_expired', 'the hold is gone');
  };
  const { body } = await shop.place({ prefer: 'wait=10' }).expect(201);
  expect(body).toMatchObject({ status: 'cancelled', failure: { code: 'hold_lost' } });
  expect(shop.payments.calls).toEqual([]);
});

test('a capture whose answer is lost is asked for before anything is repeated', async () => {
  shop.payments.handlers.capture = (_, { drop }) => drop();
  const { body } = await shop.place({ prefer: 'wait=10' }).expect(201);
  expect(body.status).toBe('confirmed');
  expect(timeline(body)).toContain('capture unknown');
  expect(shop.payments.calls.map(({ operation }) => operation)).toEqual(['capture', 'settleCapture']);
});

test('a void capture is tried again under a higher number', async () => {
  shop.payments.handlers.capture = (_, { drop }) => drop();
  shop.payments.handlers.settleCapture = ({ attempt }) => {
    shop.payments.handlers.capture = (request) => ({ outcome: request.attempt > attempt ? 'captured' : 'never' });
    return { outcome: 'never' };
  };
  const { body } = await shop.place({ prefer: 'wait=10' }).expect(201);
  expect(body.status).toBe('confirmed');
  expect(timeline(body)).toEqual(expect.arrayContaining(['capture unknown', 'capture never', 'capture done']));
});

test('while payments is away an order stays pending, and it is finished when payments is back', async () => {
  shop.payments.handlers.capture = () => {
    throw new Unavailable();
  };
  const { body } = await shop.place({ prefer: 'wait=1' }).expect(202);
  expect(body.status).toBe('pending');
  shop.payments.handlers.capture = () => ({ outcome: 'captured' });
  expect(await shop.settled(body.orderId, BUYER)).toMatchObject({ status: 'confirmed' });
});

test("another buyer's order is not there; an operator may read it", async () => {
  const { body } = await shop.place().expect(202);
  const path = `/orders/${body.orderId}`;
  await shop.http().get(path).set(asBuyer(uuidv7())).expect(404);
  await shop.http().get(`${path}/stream`).set(asBuyer(uuidv7())).expect(404);
  await shop.http().get(path).set({ 'x-caller-id': uuidv7(), 'x-caller-role': 'operator' }).expect(200);
  expect((await shop.http().get('/orders').set(asBuyer(uuidv7())).expect(200)).body).toEqual({
    items: [],
    page: 1,
    pageSize: 20,
    total: 0,
  });
});

test('orders are listed newest first, a page at a time', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) ids.unshift((await shop.place().expect(202)).body.orderId);
  const { body } = await shop.http().get('/orders?pageSize=2').set(asBuyer()).expect(200);
  expect(body).toMatchObject({ page: 1, pageSize: 2, total: 3 });
  expect(body.items.map(({ orderId }: { orderId: string }) => orderId)).toEqual(ids.slice(0, 2));
});

describe('the stream of an order', () => {
  function eventsOf(text: string): { id: number; status: string }[] {
    return text
      .split('\n\n')
      .filter((part) => part.startsWith('event: order'))
      .map((part) => ({
        id: Number(/^id: (\d+)$/m.exec(part)?.[1]),
        status: JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? '').status,
      }));
  }

  test('tells every state to the end, wherever the order is worked on', async () => {
    const gate = Promise.withResolvers<void>();
    shop.payments.handlers.capture = async () => {
      await gate.promise;
      return { outcome: 'captured' };
    };
    await shop.addReplica();
    const { body } = await shop.place().expect(202);
    const streamed = shop
      .http(1)
      .get(`/orders/${body.orderId}/stream`)
      .set(asBuyer())
      .buffer(true)
      .parse((response, done) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          gate.resolve(); // the first event has come, so the stream is open
        });
        response.on('end', () => done(null, text));
      });
    const answer = await streamed.expect(200).expect('content-type', /text\/event-stream/);
    const seen = eventsOf(answer.body as string);
    expect(seen[0]?.status).toBe('pending');
    expect(seen.at(-1)?.status).toBe('confirmed');
    expect(seen.map(({ id }) => id)).toEqual(seen.map(({ id }) => id).toSorted((a, b) => a - b));
    const again = shop
      .http()
      .get(`/orders/${body.orderId}/stream`)
      .set(asBuyer())
      .set('last-event-id', String(seen.at(-1)?.id));
    await again.expect(204);
  });

  test('shows the present state to a client that claims to have seen what never was', async () => {
    const { body } = await shop.place({ prefer: 'wait=10' }).expect(201);
    const stream = shop.http().get(`/orders/${body.orderId}/stream`).set(asBuyer()).set('last-event-id', '999999');
    expect(eventsOf((await stream.expect(200)).text)).toEqual([{ id: expect.any(Number), status: 'confirmed' }]);
  });

  test('of an ended order is its end, for a client that has not seen it', async () => {
    const { body } = await shop.place({ prefer: 'wait=10' }).expect(201);
    const answer = await shop
      .http()
      .get(`/orders/${body.orderId}/stream`)
      .set(asBuyer())
      .set('last-event-id', '1')
      .expect(200);
    expect(eventsOf(answer.text)).toEqual([{ id: expect.any(Number), status: 'confirmed' }]);
  });
});

test('keys whose time is over are swept by the service itself', async () => {
  const { kysely } = shop.orders.database;
  await shop.place().expect(202);
  await sql`UPDATE idempotency_key SET expires_at = clock_timestamp() - interval '1 second'`.execute(kysely);
  expect(await shop.replicas[0]?.app.get(KeySweep).sweep()).toBe(1);
});
