import type { Hold, StoredAnswer } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { KeySweep } from '@stampede/service-kit';
import { openService, type RunningService } from '@stampede/service-kit/testing';
import { sql } from 'kysely';
import request from 'supertest';
import { settings } from '../src/config';
import { ExpireHolds } from '../src/expire-holds';
import { parts } from '../src/inventory.module';

const quote = { currency: 'USD', subtotal: 100, fees: 8, tax: 9, total: 117, pricingVersion: 'v1' };

let store: TestDatabase;
let replicas: RunningService[];

beforeAll(async () => {
  store = await testDatabase('inventory');
  replicas = [await open(), await open()];
});
afterAll(async () => {
  for (const replica of replicas) await replica.stop();
  await store.drop();
});

function open(env: Record<string, string> = {}): Promise<RunningService> {
  return openService({ settings, load: () => parts, env: { INVENTORY_DATABASE_URL: store.url, ...env } });
}

function http(replica = 0): ReturnType<typeof request> {
  return request(replicas[replica]?.url ?? '');
}

async function openEvent(capacity: number): Promise<string> {
  const eventId = uuidv7();
  await http()
    .put('/events')
    .send({ events: [{ eventId, categories: [{ category: 'CAT1', capacity }] }] })
    .expect(204);
  return eventId;
}

async function claim(buyerId: string, key: string, wish: unknown, replica = 0): Promise<string> {
  const { body } = await http(replica).post('/hold-keys').send({ buyerId, key, request: wish }).expect(200);
  return body.claimId;
}

interface Wish {
  eventId: string;
  quantity?: number;
  buyerId?: string;
  key?: string;
  replica?: number;
}

async function hold({ eventId, quantity = 1, buyerId = uuidv7(), key = uuidv7(), replica = 0 }: Wish) {
  const claimId = await claim(buyerId, key, { eventId, quantity }, replica);
  return http(replica).post('/holds').send({ buyerId, key, claimId, eventId, category: 'CAT1', quantity, quote });
}

async function available(eventId: string): Promise<number> {
  return (await http().get(`/events/${eventId}/availability`).expect(200)).body.categories[0].available;
}

/** As the audit sees it. */
async function block(eventId: string) {
  const { rows } = await sql<{ capacity: number; sold: number; held: number; free: number }>`
    SELECT capacity, sold, held, free FROM audit.blocks WHERE event_id = ${eventId}`.execute(store.database.kysely);
  const taken = await sql<{ taken: number; distinct: number }>`
    SELECT count(*) AS taken, count(DISTINCT seat_index) AS distinct FROM audit.taken_seats
      WHERE event_id = ${eventId}`.execute(store.database.kysely);
  return { ...rows[0], ...taken.rows[0] };
}

test('seats of a hold are side by side, its quote is kept, and it lives two minutes', async () => {
  const eventId = await openEvent(1_234);
  const { body } = await hold({ eventId, quantity: 4 });
  const seats = (body as Hold).seats;
  expect(new Set(seats.map(({ section, row }) => section + row)).size).toBe(1);
  expect(seats.map(({ number }) => number - (seats[0]?.number ?? 0))).toEqual([0, 1, 2, 3]);
  expect(body.quote).toEqual(quote);
  const livesMs = Date.parse(body.expiresAt) - Date.now();
  expect(livesMs).toBeGreaterThan(100_000);
  expect(livesMs).toBeLessThanOrEqual(121_000);
  expect(await available(eventId)).toBe(1_230);
});

test('opening an event again leaves its seats as they are', async () => {
  const eventId = await openEvent(10);
  await hold({ eventId, quantity: 2 });
  await http(1)
    .put('/events')
    .send({ events: [{ eventId, categories: [{ category: 'CAT1', capacity: 99 }] }] })
    .expect(204);
  expect(await block(eventId)).toEqual({ capacity: 10, sold: 0, held: 2, free: 8, taken: 2, distinct: 2 });
});

test('120 buyers at two replicas get exactly the last 100 seats, each seat once', async () => {
  const eventId = await openEvent(100);
  const answers = await Promise.all(Array.from({ length: 120 }, (_, n) => hold({ eventId, replica: n % 2 })));
  const statuses = Object.groupBy(answers, ({ status }) => String(status));
  expect(statuses['201']).toHaveLength(100);
  expect(new Set(statuses['409']?.map(({ body }) => body.code))).toEqual(new Set(['sold_out']));
  expect(await block(eventId)).toEqual({ capacity: 100, sold: 0, held: 100, free: 0, taken: 100, distinct: 100 });
});

test('where no seats are side by side any more, seats apart are held; where too few are left, none', async () => {
  const eventId = await openEvent(4);
  const holds = await Promise.all([1, 2, 3, 4].map(() => hold({ eventId })));
  const byNumber = holds
    .map(({ body }) => body as Hold)
    .toSorted((a, b) => (a.seats[0]?.number ?? 0) - (b.seats[0]?.number ?? 0));
  const buyers = await sql<{
    hold_id: string;
    buyer_id: string;
  }>`SELECT hold_id, buyer_id FROM hold WHERE event_id = ${eventId}`.execute(store.database.kysely);
  for (const { holdId } of [byNumber[0], byNumber[2]] as Hold[]) {
    const buyer = buyers.rows.find((row) => row.hold_id === holdId)?.buyer_id ?? '';
    await http().delete(`/holds/${holdId}`).set({ 'x-caller-id': buyer, 'x-caller-role': 'buyer' }).expect(204);
  }
  expect((await hold({ eventId, quantity: 3 })).body.code).toBe('sold_out');
  const pair = await hold({ eventId, quantity: 2 });
  expect(pair.status).toBe(201);
  expect(pair.body.seats.map(({ number }: { number: number }) => number)).toEqual([1, 3]);
});

test('a buyer has four seats of an event at most, and the limit is told before sold out', async () => {
  const eventId = await openEvent(50);
  const buyerId = uuidv7();
  const answers = await Promise.all(
    [2, 2, 2, 2].map((quantity, n) => hold({ eventId, buyerId, quantity, replica: n % 2 })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body.code).toBe('purchase_limit');
  const small = await openEvent(4);
  await hold({ eventId: small, buyerId, quantity: 4 });
  expect((await hold({ eventId: small, buyerId })).body.code).toBe('purchase_limit');
  expect((await hold({ eventId: small })).body.code).toBe('sold_out');
});

test('the answer of a hold is stored with it: a repeat is told the same, a refusal too', async () => {
  const eventId = await openEvent(2);
  const [buyerId, key] = [uuidv7(), 'my key'];
  const { body } = await hold({ eventId, buyerId, key, quantity: 2 });
  const again = await http(1)
    .post('/hold-keys')
    .send({ buyerId, key, request: { quantity: 2, eventId } })
    .expect(200);
  expect(again.body).toEqual({ kind: 'replay', answer: { status: 201, body } });
  const other = uuidv7();
  await hold({ eventId, buyerId: other, key });
  const refusal = await http()
    .post('/hold-keys')
    .send({ buyerId: other, key, request: { eventId, quantity: 1 } })
    .expect(200);
  const answer = refusal.body.answer as StoredAnswer;
  expect(answer).toMatchObject({ status: 409, body: { code: 'sold_out', status: 409, instance: '/api/v1/holds' } });
});

test('a claim that was settled or taken over holds nothing', async () => {
  const eventId = await openEvent(10);
  const [buyerId, key] = [uuidv7(), uuidv7()];
  const claimId = await claim(buyerId, key, { eventId });
  await http().post('/hold-keys').send({ buyerId, key, request: { eventId } }).expect(409);
  await http().post('/hold-keys/settle').send({ buyerId, key, claimId }).expect(204);
  const next = await claim(buyerId, key, { eventId }, 1);
  const body = { buyerId, key, eventId, category: 'CAT1', quantity: 1, quote };
  expect(
    (
      await http()
        .post('/holds')
        .send({ ...body, claimId })
        .expect(409)
    ).body.code,
  ).toBe('idempotency_in_flight');
  await http(1)
    .post('/holds')
    .send({ ...body, claimId: next })
    .expect(201);
  expect(await block(eventId)).toMatchObject({ held: 1, free: 9 });
  await http()
    .post('/holds')
    .send({ ...body, claimId: 'made up' })
    .expect(400);
});

describe('a hold on its way to a sale', () => {
  async function held(eventId: string) {
    const buyerId = uuidv7();
    const { body } = await hold({ eventId, buyerId, quantity: 2 });
    return { holdId: (body as Hold).holdId, buyerId, orderId: uuidv7() };
  }
  const post = (holdId: string, verb: string, body: object, replica = 0) =>
    http(replica).post(`/holds/${holdId}/${verb}`).send(body);

  test('is claimed by one order, sold once, and refused to every other', async () => {
    const eventId = await openEvent(10);
    const { holdId, buyerId, orderId } = await held(eventId);
    await post(holdId, 'claim', { buyerId: uuidv7(), orderId }).expect(404);
    const first = await post(holdId, 'claim', { buyerId, orderId }).expect(200);
    expect(Date.parse(first.body.expiresAt) - Date.now()).toBeGreaterThan(150_000);
    await post(holdId, 'claim', { buyerId, orderId }, 1).expect(200);
    expect((await post(holdId, 'claim', { buyerId, orderId: uuidv7() }).expect(409)).body.code).toBe('hold_used');
    for (const replica of [0, 1])
      expect((await post(holdId, 'confirm', { orderId }, replica).expect(200)).body.seats).toHaveLength(2);
    expect((await post(holdId, 'confirm', { orderId: uuidv7() }).expect(409)).body.code).toBe('hold_used');
    const caller = { 'x-caller-id': buyerId, 'x-caller-role': 'buyer' };
    expect((await http().delete(`/holds/${holdId}`).set(caller).expect(409)).body.code).toBe('hold_used');
    expect(await block(eventId)).toMatchObject({ sold: 2, held: 0, free: 8 });
  });

  test('is free again when its order is undone, and a late confirmation sells nothing', async () => {
    const eventId = await openEvent(10);
    const { holdId, buyerId, orderId } = await held(eventId);
    await post(holdId, 'claim', { buyerId, orderId }).expect(200);
    await post(holdId, 'release', { orderId: uuidv7() }).expect(204);
    expect(await block(eventId)).toMatchObject({ held: 2 });
    for (const replica of [0, 1]) await post(holdId, 'release', { orderId }, replica).expect(204);
    expect((await post(holdId, 'confirm', { orderId }).expect(409)).body.code).toBe('hold_expired');
    expect(await block(eventId)).toMatchObject({ sold: 0, held: 0, free: 10 });
    // the limit counts nothing that was undone
    expect((await hold({ eventId, buyerId, quantity: 4 })).status).toBe(201);
  });

  test('is given back by its buyer, as often as asked', async () => {
    const eventId = await openEvent(10);
    const { holdId, buyerId, orderId } = await held(eventId);
    await http().delete(`/holds/${holdId}`).set({ 'x-caller-id': uuidv7(), 'x-caller-role': 'buyer' }).expect(404);
    for (const replica of [0, 1]) {
      await http(replica)
        .delete(`/holds/${holdId}`)
        .set({ 'x-caller-id': buyerId, 'x-caller-role': 'buyer' })
        .expect(204);
    }
    expect((await post(holdId, 'claim', { buyerId, orderId }).expect(409)).body.code).toBe('hold_expired');
    expect(await block(eventId)).toMatchObject({ held: 0, free: 10 });
  });

  test('expires although nobody was there when its time came, and not before', async () => {
    const eventId = await openEvent(10);
    const overdue = await held(eventId);
    await held(eventId);
    await sql`UPDATE hold SET expires_at = now() - interval '1 ms' WHERE hold_id = ${overdue.holdId}`.execute(
      store.database.kysely,
    );
    expect((await post(overdue.holdId, 'claim', { buyerId: overdue.buyerId, orderId: uuidv7() })).body.code).toBe(
      'hold_expired',
    );
    const late = await open({ INVENTORY_EXPIRY_POLL_MS: '10' });
    while ((await available(eventId)) !== 8) await new Promise(setImmediate);
    await late.stop();
    expect(await block(eventId)).toMatchObject({ held: 2, free: 8 });
  });
});

test('holds that ended two days ago are forgotten, and no seat with them', async () => {
  const { kysely } = store.database;
  const eventId = await openEvent(10);
  const buyerId = uuidv7();
  const [ended, kept] = [(await hold({ eventId, buyerId })).body, (await hold({ eventId, buyerId, quantity: 2 })).body];
  const release = () =>
    http().delete(`/holds/${ended.holdId}`).set('x-caller-id', buyerId).set('x-caller-role', 'buyer');
  await release().expect(204);
  const before = await block(eventId);
  const expireHolds = replicas[0]?.app.get(ExpireHolds);
  await expireHolds?.forget();
  await release().expect(204); // still known
  await sql`UPDATE hold SET expires_at = now() - interval '49 h' WHERE hold_id = ${ended.holdId}`.execute(kysely);
  expect(await expireHolds?.forget()).toBe(1);
  const { rows } = await sql`SELECT hold_id FROM hold WHERE event_id = ${eventId}`.execute(kysely);
  expect(rows).toEqual([{ hold_id: kept.holdId }]);
  expect(await block(eventId)).toEqual(before);
});

test('keys whose time is over are swept by the service itself', async () => {
  const { kysely } = store.database;
  await hold({ eventId: await openEvent(10) });
  await sql`UPDATE idempotency_key SET expires_at = clock_timestamp() - interval '1 second'`.execute(kysely);
  expect(await replicas[0]?.app.get(KeySweep).sweep()).toBeGreaterThan(0);
  expect((await sql`SELECT 1 FROM idempotency_key`.execute(kysely)).rows).toEqual([]);
});
