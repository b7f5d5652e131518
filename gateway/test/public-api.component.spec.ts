import { get } from 'node:http';
import { uuidv7 } from '@stampede/db';
import { Refused, Unavailable } from '@stampede/service-kit';
import { openGateway, type OpenGateway } from './open-gateway';

let shop: OpenGateway;
beforeAll(async () => {
  shop = await openGateway();
});
afterAll(() => shop.close());

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

test('an event that has begun cannot be made', async () => {
  const event = {
    name: 'Yesterday',
    startsAt: new Date(Date.now() - 1_000).toISOString(),
    onSaleAt: '2026-01-01T00:00:00Z',
    venue: { name: 'BC Place', city: 'Vancouver', countryCode: 'CA' },
    categories: [{ category: 'CAT1', capacity: 5, price: { amount: 100, currency: 'CAD' } }],
  };
  const organiser = await shop.token('organiser');
  const { body } = await shop.http().post('/api/v1/events').set(organiser).send(event).expect(400);
  expect(body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/startsAt' }] });
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

test('a body nested without end is refused, not tried', async () => {
  const nested = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
  const post = shop
    .http()
    .post('/api/v1/orders')
    .set(await shop.bearer());
  const answer = await post.set('idempotency-key', 'k').type('application/json').send(nested).expect(400);
  expect(answer.body.code).toBe('malformed_json');
});

test('a request that names the whole address is passed on like any other', async () => {
  const { authorization } = await shop.bearer();
  const { hostname, port } = new URL(shop.replicas[0]?.url ?? '');
  const path = 'http://shop.example/api/v1/orders?page=1';
  const status = await new Promise<number | undefined>((resolve, reject) => {
    get({ hostname, port, path, headers: { authorization } }, (answer) => resolve(answer.resume().statusCode)).on(
      'error',
      reject,
    );
  });
  expect(status).toBe(200);
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
