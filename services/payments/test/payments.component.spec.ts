import { providerApi } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { NotFound, Refused } from '@stampede/service-kit';
import { fakePeer, openService, type FakePeer, type RunningService } from '@stampede/service-kit/testing';
import request from 'supertest';
import { settings } from '../src/config';
import { parts } from '../src/payments.module';

type Provider = FakePeer<typeof providerApi>;

let store: TestDatabase;
let provider: Provider;
let payments: RunningService;
let http: ReturnType<typeof request>;

beforeEach(async () => {
  store = await testDatabase('payments');
  provider = await fakePeer(providerApi, {
    capture: ({ key, amount, currency }) => ({ key, status: 'captured', amount, currency }),
    refund: ({ key }) => ({ key, status: 'refunded' }),
  });
  await open({});
});
afterEach(async () => {
  await payments.stop();
  await provider.close();
  await store.drop();
});

async function open(env: Record<string, string>): Promise<void> {
  payments = await openService({
    settings,
    load: () => parts,
    env: { PAYMENTS_DATABASE_URL: store.url, PROVIDER_URL: provider.url, PAYMENTS_PROVIDER_TIMEOUT_MS: '5000', ...env },
  });
  http = request(payments.url);
}

function order(orderId = uuidv7()) {
  return { orderId, attempt: 1, amount: 4_200, currency: 'USD', token: 'tok_ok' };
}

function keysOf(operation: string): unknown[] {
  return provider.calls.filter((call) => call.operation === operation).map((call) => call.input['key']);
}

test('an order is captured once, however often it is asked for', async () => {
  const body = order();
  const answers = [
    await http.post('/captures').send(body).expect(200),
    await http.post('/captures').send(body).expect(200),
  ];
  expect(answers.map((answer) => answer.body)).toEqual([{ outcome: 'captured' }, { outcome: 'captured' }]);
  expect(keysOf('capture')).toEqual([body.orderId]);
  await http
    .post('/captures')
    .send({ ...body, amount: 1 })
    .expect(422);
});

test('a decline is final for its order', async () => {
  provider.handlers.capture = ({ key, amount, currency }) => ({
    key,
    status: 'declined',
    amount,
    currency,
    declineCode: 'insufficient_funds',
  });
  const body = order();
  const declined = { outcome: 'declined', declineCode: 'insufficient_funds' };
  expect((await http.post('/captures').send(body).expect(200)).body).toEqual(declined);
  expect((await http.post('/captures').send(body).expect(200)).body).toEqual(declined);
  expect(keysOf('capture')).toHaveLength(1);
});

test('a lost answer is an unknown outcome, and it is asked for by its key before anything is repeated', async () => {
  provider.handlers.capture = (_, { drop }) => drop();
  provider.handlers.readCapture = ({ key }) => ({ key, status: 'captured', amount: 4_200, currency: 'USD' });
  const body = order();
  expect((await http.post('/captures').send(body).expect(503)).body).toMatchObject({ code: 'outcome_unknown' });
  expect((await http.post('/captures').send(body).expect(200)).body).toEqual({ outcome: 'captured' });
  expect(provider.calls.map((call) => call.operation)).toEqual(['capture', 'readCapture']);
});

test('a capture that never was is tried again under a new key, because the old one is void', async () => {
  provider.handlers.capture = (_, { drop }) => drop();
  provider.handlers.readCapture = () => {
    throw new NotFound();
  };
  const body = order();
  await http.post('/captures').send(body).expect(503);
  expect((await http.post(`/captures/${body.orderId}/settle`).send({ attempt: 1 }).expect(200)).body).toEqual({
    outcome: 'never',
  });
  provider.handlers.capture = ({ key, amount, currency }) => ({ key, status: 'captured', amount, currency });
  expect((await http.post('/captures').send(body).expect(200)).body).toEqual({ outcome: 'never' });
  expect(
    (
      await http
        .post('/captures')
        .send({ ...body, attempt: 2 })
        .expect(200)
    ).body,
  ).toEqual({ outcome: 'captured' });
  expect(keysOf('capture')).toEqual([body.orderId, `${body.orderId}.2`]);
});

test('an error of the provider is repeated at once under the same key', async () => {
  provider.handlers.capture = () => {
    provider.handlers.capture = ({ key, amount, currency }) => ({ key, status: 'captured', amount, currency });
    throw new Refused('internal', 'out of order');
  };
  const body = order();
  expect((await http.post('/captures').send(body).expect(200)).body).toEqual({ outcome: 'captured' });
  expect(keysOf('capture')).toEqual([body.orderId, body.orderId]);
});

test('while the circuit is open nothing is sent, and afterwards the first key is still good', async () => {
  await payments.stop();
  await open({ PAYMENTS_BREAKER_VOLUME: '2', PAYMENTS_BREAKER_OPEN_MS: '1000' });
  provider.handlers.capture = (_, { drop }) => drop();
  for (let call = 0; call < 3; call += 1) await http.post('/captures').send(order()).expect(503);
  const sent = provider.calls.length;
  const body = order();
  const refused = await http.post('/captures').send(body).expect(503);
  expect(refused.body).toMatchObject({ code: 'unavailable' });
  expect(refused.headers['retry-after']).toMatch(/^\d+$/);
  expect(provider.calls).toHaveLength(sent);
  provider.handlers.capture = ({ key, amount, currency }) => ({ key, status: 'captured', amount, currency });
  let answer = await http.post('/captures').send(body);
  while (answer.status === 503) answer = await http.post('/captures').send(body); // the circuit's rest ends by itself
  expect(answer.body).toEqual({ outcome: 'captured' });
  expect(keysOf('capture').at(-1)).toBe(body.orderId);
  expect(keysOf('readCapture')).toEqual([]);
});

test('a refund gives back what was captured, once, and nothing where nothing was captured', async () => {
  const body = order();
  await http.post('/captures').send(body).expect(200);
  const refund = { orderId: body.orderId };
  expect((await http.post('/refunds').send(refund).expect(200)).body).toEqual({ outcome: 'refunded' });
  expect((await http.post('/refunds').send(refund).expect(200)).body).toEqual({ outcome: 'refunded' });
  expect(provider.calls.filter((call) => call.operation === 'refund').map((call) => call.input)).toEqual([
    { key: `${body.orderId}.refund`, captureKey: body.orderId, amount: 4_200, currency: 'USD' },
  ]);
  expect((await http.post('/refunds').send({ orderId: uuidv7() }).expect(200)).body).toEqual({ outcome: 'never' });
});

test('a refund of an unknown capture asks first', async () => {
  provider.handlers.capture = (_, { drop }) => drop();
  provider.handlers.readCapture = ({ key }) => ({ key, status: 'captured', amount: 4_200, currency: 'USD' });
  const body = order();
  await http.post('/captures').send(body).expect(503);
  expect((await http.post('/refunds').send({ orderId: body.orderId }).expect(200)).body).toEqual({
    outcome: 'refunded',
  });
  expect(provider.calls.map((call) => call.operation)).toEqual(['capture', 'readCapture', 'refund']);
});

test('two requests for one order at the same time charge it once', async () => {
  const body = order();
  const answers = await Promise.all([1, 2, 3, 4].map(() => http.post('/captures').send(body)));
  expect(answers.filter((answer) => answer.body.outcome === 'captured').length).toBeGreaterThan(0);
  expect(new Set(answers.map((answer) => answer.body.outcome ?? answer.body.code))).not.toContain('never');
  expect(keysOf('capture')).toEqual([body.orderId]);
  const { body: final } = await http.post(`/captures/${body.orderId}/settle`).send({ attempt: 1 });
  expect(final).toEqual({ outcome: 'captured' });
});

test('a request that arrives after its outcome was settled, or after the order was undone, is not sent', async () => {
  const body = order();
  expect((await http.post(`/captures/${body.orderId}/settle`).send({ attempt: 1 }).expect(200)).body).toEqual({
    outcome: 'never',
  });
  expect((await http.post('/captures').send(body).expect(200)).body).toEqual({ outcome: 'never' });
  const undone = order();
  expect((await http.post('/refunds').send({ orderId: undone.orderId }).expect(200)).body).toEqual({
    outcome: 'never',
  });
  expect(
    (
      await http
        .post('/captures')
        .send({ ...undone, attempt: 9 })
        .expect(200)
    ).body,
  ).toEqual({ outcome: 'never' });
  expect(provider.calls).toEqual([]);
});

test('a lab without the question sends a capture again under a new key, and the card is charged twice', async () => {
  await payments.stop();
  await open({ STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: 'ask-provider-by-key' });
  provider.handlers.capture = (_, { drop }) => drop(); // as a provider does that charges and loses its answer
  const body = order();
  await http.post('/captures').send(body).expect(503);
  const settled = await http.post(`/captures/${body.orderId}/settle`).send({ attempt: 1 }).expect(200);
  expect(settled.body).toEqual({ outcome: 'never' });
  await http
    .post('/captures')
    .send({ ...body, attempt: 2 })
    .expect(503);
  expect(keysOf('capture')).toEqual([body.orderId, `${body.orderId}.2`]);
  expect(keysOf('readCapture')).toEqual([]);
});
