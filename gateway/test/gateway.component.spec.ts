import { uuidv7 } from '@stampede/db';
import { Refused, Unavailable } from '@stampede/service-kit';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { setTimeout as delay } from 'node:timers/promises';
import request from 'supertest';
import { openGateway, type OpenGateway } from './open-gateway';

const POLL_MS = 50;

let shop: OpenGateway;
beforeAll(async () => {
  shop = await openGateway();
  await shop.addReplica();
});
afterAll(() => shop.close());

describe('a session', () => {
  test('the same e-mail is the same buyer, however it is written and whichever replica is asked', async () => {
    const first = await shop.http().post('/api/v1/sessions').send({ email: 'Ann@Example.org' }).expect(201);
    const again = await shop.http(1).post('/api/v1/sessions').send({ email: 'ann@example.ORG' }).expect(201);
    expect(again.body.buyerId).toBe(first.body.buyerId);
    const livesMs = Date.parse(first.body.expiresAt) - Date.now();
    expect(livesMs / 3_600_000).toBeCloseTo(12, 1);
    await shop
      .http(1)
      .get('/api/v1/orders')
      .set({ authorization: `Bearer ${first.body.accessToken}` })
      .expect(200);
  });

  test('of twenty that sign in with one new e-mail at the same time all are the same buyer', async () => {
    const email = `${uuidv7()}@example.org`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        shop
          .http(n % 2)
          .post('/api/v1/sessions')
          .send({ email })
          .expect(201),
      ),
    );
    expect(new Set(answers.map(({ body }) => body.buyerId)).size).toBe(1);
  });

  test('tokens signed before the key was replaced stay good, and both keys are published', async () => {
    const before = await shop.bearer();
    await request(shop.replicas[0]?.adminUrl ?? '')
      .post('/keys/rotate')
      .expect(200);
    const after = await shop.bearer();
    for (const authorization of [before, after]) await shop.http().get('/api/v1/orders').set(authorization).expect(200);
    const { body } = await shop.http().get('/.well-known/jwks.json').expect(200);
    expect(body.keys).toHaveLength(2);
    expect(JSON.stringify(body)).not.toContain('"d"');
  });

  async function forged(claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', jwk, ...header })
      .setIssuer('stampede')
      .setAudience('stampede')
      .setSubject(uuidv7())
      .setExpirationTime('1h')
      .sign(privateKey);
  }

  test.each([
    ['no token', async () => undefined],
    ['no bearer', async () => 'Basic YTpi'],
    ['garbage', async () => 'Bearer garbage'],
    ['a key of its own', async () => `Bearer ${await forged({ role: 'operator' })}`],
    [
      'a key id of ours and another key',
      async () => {
        const { body } = await shop.http().get('/.well-known/jwks.json');
        return `Bearer ${await forged({ role: 'operator' }, { kid: body.keys[0].kid })}`;
      },
    ],
    [
      'no signature',
      async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const claims = { iss: 'stampede', aud: 'stampede', sub: uuidv7(), role: 'operator', exp: 4_000_000_000 };
        return `Bearer ${part({ alg: 'none' })}.${part(claims)}.`;
      },
    ],
  ])('%s is no session', async (_, authorization) => {
    const value = await authorization();
    const call = shop.http().get('/api/v1/audit');
    const answer = await (value === undefined ? call : call.set({ authorization: value })).expect(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(answer.body).toMatchObject({ code: 'unauthenticated', instance: '/api/v1/audit' });
  });

  test('a role may do what is its own, and headers that name another caller are ignored', async () => {
    const [buyer, operator] = [await shop.bearer(), await shop.token('operator')];
    expect((await shop.http().get('/api/v1/audit').set(buyer).expect(403)).body.code).toBe('forbidden');
    await shop.http().get('/api/v1/audit').set(operator).expect(200);
    await shop.http().get('/api/v1/orders').set(operator).expect(403);
    await shop
      .http()
      .get('/api/v1/orders')
      .set(buyer)
      .set({ 'x-caller-id': 'other', 'x-caller-role': 'operator' })
      .expect(200);
    const call = shop.orders.calls.at(-1);
    expect(call?.headers).toMatchObject({ 'x-caller-role': 'buyer' });
    expect(call?.headers['x-caller-id']).not.toBe('other');
    expect(Number(call?.headers['x-budget-ms'])).toBeLessThanOrEqual(2_000);
  });
});

describe('an event page', () => {
  test('shows prices and free seats', async () => {
    const eventId = shop.addEvent();
    const { body } = await shop.http().get(`/api/v1/events/${eventId}`).expect(200);
    expect(body).toMatchObject({ eventId, onSale: true, waitingRoom: false, degraded: [] });
    expect(body.categories).toEqual([
      { category: 'CAT1', price: { amount: 100, currency: 'USD' }, capacity: 10, available: 7 },
    ]);
  });

  test('answers without what cannot be had, and says what that is', async () => {
    const eventId = shop.addEvent();
    const { readAvailability } = shop.inventory.handlers;
    const { priceCategories } = shop.pricing.handlers;
    const away = () => {
      throw new Unavailable();
    };
    shop.inventory.handlers.readAvailability = away;
    shop.pricing.handlers.priceCategories = away;
    const { body } = await shop.http().get(`/api/v1/events/${eventId}`).expect(200);
    expect(body.degraded).toEqual(['availability', 'pricing']);
    expect(body.categories).toEqual([{ category: 'CAT1', price: null, capacity: 10, available: null }]);
    Object.assign(shop.inventory.handlers, { readAvailability });
    Object.assign(shop.pricing.handlers, { priceCategories });
  });

  test('of a known event is there with catalog gone, at a new replica too; of another it is 503', async () => {
    const eventId = shop.addEvent();
    await shop.http().get(`/api/v1/events/${eventId}`).expect(200);
    const { readEvent } = shop.catalog.handlers;
    shop.catalog.handlers.readEvent = () => {
      throw new Unavailable();
    };
    await shop.addReplica();
    const late = shop.replicas.length - 1;
    expect((await shop.http(late).get(`/api/v1/events/${eventId}`).expect(200)).body.degraded).toEqual(['event']);
    const answer = await shop.http(late).get(`/api/v1/events/${uuidv7()}`).expect(503);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    Object.assign(shop.catalog.handlers, { readEvent });
    await shop.http().get(`/api/v1/events/${uuidv7()}`).expect(404);
    await shop.http().get('/api/v1/events/17').expect(400);
  });
});

describe('a hold', () => {
  async function hold(eventId: string, headers: Record<string, string> = {}, quantity = 1) {
    const buyer = await shop.bearer();
    return shop
      .http()
      .post('/api/v1/holds')
      .set({ ...buyer, 'idempotency-key': uuidv7(), ...headers })
      .send({ eventId, category: 'CAT1', quantity });
  }
  const operations = () =>
    shop.inventory.calls.map(({ operation }) => operation).filter((operation) => operation !== 'openEvents');

  test('is composed of event, price and seats', async () => {
    const answer = await hold(shop.addEvent());
    expect(answer.status).toBe(201);
    expect(answer.body.quote.total).toBe(117);
  });

  test('needs a key, and a body as the contract has it', async () => {
    const buyer = await shop.bearer();
    const eventId = shop.addEvent();
    const post = (body: object) => shop.http().post('/api/v1/holds').set(buyer).send(body);
    expect((await post({ eventId, category: 'CAT1', quantity: 1 }).expect(400)).body.code).toBe(
      'idempotency_key_missing',
    );
    for (const wrong of [{ quantity: 5 }, { quantity: '1' }, { category: 'CAT9' }, { eventId: '1' }, { seat: 1 }]) {
      const answer = await post({ eventId, category: 'CAT1', quantity: 1, ...wrong })
        .set('idempotency-key', 'k')
        .expect(400);
      expect(answer.body).toMatchObject({
        code: 'validation_failed',
        errors: [{ pointer: `/${Object.keys(wrong)[0]}` }],
      });
    }
  });

  test('that was answered is answered again, and nobody is asked for a price', async () => {
    const { claimHoldKey } = shop.inventory.handlers;
    shop.inventory.handlers.claimHoldKey = () => ({
      kind: 'replay',
      answer: { status: 409, body: { code: 'sold_out' } },
    });
    const quotes = shop.pricing.calls.length;
    const answer = await hold(shop.addEvent());
    expect(answer.status).toBe(409);
    expect(answer.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'content-type': expect.stringContaining('application/problem+json'),
    });
    expect(shop.pricing.calls).toHaveLength(quotes);
    Object.assign(shop.inventory.handlers, { claimHoldKey });
  });

  test.each([
    ['an unknown event', () => uuidv7(), 404, 'not_found', true],
    [
      'an event that is not on sale yet',
      () => shop.addEvent({ onSaleAt: '2998-01-01T00:00:00Z' }),
      409,
      'not_on_sale',
      true,
    ],
    ['an event that has begun', () => shop.addEvent({ startsAt: '2026-01-02T00:00:00Z' }), 409, 'sale_closed', true],
    [
      'an event whose waiting room was not entered',
      () => shop.addEvent({ admitPerSecond: 1 }),
      403,
      'not_admitted',
      false,
    ],
  ])('of %s is refused, and a final refusal is stored under the key', async (_, eventId, status, code, stored) => {
    const answer = await hold(eventId());
    expect(answer.body).toMatchObject({ status, code, instance: '/api/v1/holds' });
    const settled = shop.inventory.calls.at(-1);
    expect(settled?.operation).toBe('settleHoldKey');
    expect(settled?.input['answer']).toEqual(stored ? { status, body: answer.body } : undefined);
  });

  test('without a price is refused, frees its key, and holds nothing', async () => {
    const { quote } = shop.pricing.handlers;
    shop.pricing.handlers.quote = () => {
      throw new Unavailable();
    };
    const before = operations().length;
    const answer = await hold(shop.addEvent());
    expect(answer.body).toMatchObject({ status: 503, code: 'pricing_unavailable' });
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(operations().slice(before)).not.toContain('holdSeats');
    Object.assign(shop.pricing.handlers, { quote });
  });

  test('that inventory refuses is refused alike', async () => {
    const { holdSeats } = shop.inventory.handlers;
    shop.inventory.handlers.holdSeats = () => {
      throw new Refused('purchase_limit', 'four seats');
    };
    expect((await hold(shop.addEvent())).body).toMatchObject({
      status: 409,
      code: 'purchase_limit',
      detail: 'four seats',
    });
    Object.assign(shop.inventory.handlers, { holdSeats });
  });
});

describe('a waiting room', () => {
  const queue = (eventId: string) => `/api/v1/events/${eventId}/queue`;

  test("admits in the order of arrival, at its rate, and keeps everybody's place", async () => {
    const eventId = shop.addEvent({ admitPerSecond: 1 });
    const [first, second, third] = [await shop.bearer(), await shop.bearer(), await shop.bearer()];
    await shop.http().get(queue(eventId)).set(second).expect(404);
    expect((await shop.http().post(queue(eventId)).set(first).expect(202)).body).toMatchObject({
      state: 'admitted',
      position: 0,
    });
    expect((await shop.http(1).post(queue(eventId)).set(second).expect(202)).body).toEqual({
      state: 'waiting',
      position: 1,
      estimatedWaitSeconds: 1,
    });
    expect((await shop.http().post(queue(eventId)).set(third).expect(202)).body).toMatchObject({
      state: 'waiting',
      position: 2,
    });
    expect((await shop.http().post(queue(eventId)).set(third).expect(202)).body).toMatchObject({
      state: 'waiting',
      position: expect.any(Number),
    });
    let place = (await shop.http(1).get(queue(eventId)).set(second).expect(200)).body;
    while (place.state === 'waiting') {
      await delay(POLL_MS); // a buyer who polls without a pause is over the quota
      place = (await shop.http(1).get(queue(eventId)).set(second).expect(200)).body;
    }
    expect(place).toMatchObject({ position: 0, estimatedWaitSeconds: 0, admissionToken: expect.any(String) });
  });

  test('lets in who shows an admission of their own or is remembered, and nobody else', async () => {
    const eventId = shop.addEvent({ admitPerSecond: 1 });
    const [ann, ben] = [await shop.bearer(), await shop.bearer()];
    const { admissionToken } = (await shop.http().post(queue(eventId)).set(ann).expect(202)).body;
    const hold = (who: object, headers = {}) =>
      shop
        .http()
        .post('/api/v1/holds')
        .set({ ...who, 'idempotency-key': uuidv7(), ...headers })
        .send({ eventId, category: 'CAT1', quantity: 1 });
    await hold(ann).expect(201);
    await hold(ann, { 'admission-token': admissionToken }).expect(201);
    await hold(ben, { 'admission-token': admissionToken }).expect(403);
    await hold(ben, { 'admission-token': 'forged' }).expect(403);
  });

  test('outlives its gateway', async () => {
    const eventId = shop.addEvent({ admitPerSecond: 1 });
    await shop
      .http()
      .post(queue(eventId))
      .set(await shop.bearer())
      .expect(202);
    const late = await shop.bearer();
    await shop.http().post(queue(eventId)).set(late).expect(202);
    await shop.addReplica();
    const { body } = await shop
      .http(shop.replicas.length - 1)
      .get(queue(eventId))
      .set(late)
      .expect(200);
    expect(['waiting', 'admitted']).toContain(body.state);
  });

  test('is open to everybody where the event has none', async () => {
    const eventId = shop.addEvent();
    expect(
      (
        await shop
          .http()
          .post(queue(eventId))
          .set(await shop.bearer())
          .expect(202)
      ).body,
    ).toEqual({ state: 'admitted', position: 0, estimatedWaitSeconds: 0 });
  });
});

test('an organiser puts an event on sale, and a part that is away leaves it for the sweep', async () => {
  const organiser = await shop.token('organiser');
  const event = {
    name: 'Friendly',
    startsAt: '2999-01-01T00:00:00Z',
    onSaleAt: '2026-01-01T00:00:00Z',
    venue: { name: 'BC Place', city: 'Vancouver', countryCode: 'CA' },
    categories: [{ category: 'CAT1', capacity: 5, price: { amount: 100, currency: 'CAD' } }],
    admitPerSecond: 3,
  };
  const post = () => shop.http().post('/api/v1/events').set(organiser).send(event);
  const { body } = await post().expect(201);
  expect(body).toMatchObject({
    name: 'Friendly',
    waitingRoom: true,
    onSale: true,
    degraded: [],
    categories: [{ available: 5, price: { amount: 100 } }],
  });
  const { openEvents } = shop.inventory.handlers;
  shop.inventory.handlers.openEvents = () => {
    throw new Unavailable();
  };
  expect((await post().expect(503)).body.code).toBe('outcome_unknown');
  Object.assign(shop.inventory.handlers, { openEvents });
  await shop
    .http()
    .post('/api/v1/events')
    .set(await shop.bearer())
    .send(event)
    .expect(403);
});

test('what a service answers is passed on, with the path that was asked for', async () => {
  const buyer = await shop.bearer();
  shop.orders.handlers.readOrder = () => {
    throw new Refused('not_found', 'no such order');
  };
  const orderId = uuidv7();
  const { body, headers } = await shop.http().get(`/api/v1/orders/${orderId}`).set(buyer).expect(404);
  expect(body).toMatchObject({ code: 'not_found', instance: `/api/v1/orders/${orderId}` });
  expect(headers['x-trace-id']).toMatch(/^[0-9a-f]{32}$/);
  const { body: invalid } = await shop.http().get('/api/v1/orders?page=0').set(buyer).expect(400);
  expect(invalid).toMatchObject({ code: 'validation_failed', instance: '/api/v1/orders' });
});

test('quotas refuse one buyer who asks too much, with what the quota is', async () => {
  const tight = await openGateway({
    GATEWAY_BUYER_REQUESTS_PER_SECOND: '3',
    GATEWAY_ADDRESS_REQUESTS_PER_SECOND: '100000',
  });
  const [ann, ben] = [await tight.bearer(), await tight.bearer()];
  const answers = await Promise.all(Array.from({ length: 20 }, () => tight.http().get('/api/v1/orders').set(ann)));
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.body.code).toBe('rate_limited');
  expect(refused?.headers).toMatchObject({
    'retry-after': '1',
    'ratelimit-policy': '"buyer";q=3;w=1',
    ratelimit: '"buyer";r=0;t=1',
  });
  await tight.http().get('/api/v1/orders').set(ben).expect(200);
  await tight.close();
});

test('pages and documents are there, unknown paths and methods are not', async () => {
  for (const path of ['/', '/events/1', '/orders', '/checkout/1']) {
    const page = await shop
      .http()
      .get(path)
      .set('accept', 'text/html')
      .expect(200)
      .expect('content-type', /text\/html/);
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
  }
  expect((await shop.http().get('/api/v1/openapi.json').expect(200)).body.openapi).toBe('3.1.0');
  await shop.http().get('/api/v1/nothing').expect(404);
  await shop
    .http()
    .get('/manifest.json')
    .expect(404)
    .expect('content-type', /problem\+json/);
  for (const path of ['/nowhere', '/no/where'])
    await shop
      .http()
      .get(path)
      .set('accept', 'text/html')
      .expect(404)
      .expect('content-type', /text\/html/);
  const wrong = await shop.http().put('/api/v1/orders').expect(405);
  expect(wrong.headers['allow']?.split(', ').toSorted()).toEqual(expect.arrayContaining(['GET', 'POST']));
});
