import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openService, type RunningService } from '@stampede/service-kit/testing';
import request from 'supertest';
import { settings } from '../src/config';
import { partsOf } from '../src/payment-provider.module';

let folder: string;
let ledger: string;
let provider: RunningService;
let http: ReturnType<typeof request>;

async function open(): Promise<void> {
  provider = await openService({
    settings,
    load: (config) => partsOf(config.PAYMENT_PROVIDER_LEDGER),
    env: { PAYMENT_PROVIDER_LEDGER: ledger },
  });
  http = request(provider.url);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  ledger = join(folder, 'ledger.jsonl');
  await open();
});
afterEach(async () => {
  await provider.stop();
  await rm(folder, { recursive: true });
});

function order(key: string, token: string, amount = 1_000) {
  return { key, amount, currency: 'USD', token };
}

async function statement(): Promise<{ key: string; kind: string; amount: number }[]> {
  return (await http.get('/statement').expect(200)).body.entries;
}

test('a capture is taken once per key, whatever is repeated', async () => {
  const first = await http.post('/captures').send(order('a', 'tok_ok')).expect(200);
  const again = await http.post('/captures').send(order('a', 'tok_ok')).expect(200);
  expect(again.body).toEqual(first.body);
  await http
    .post('/captures')
    .send(order('a', 'tok_ok', 1_001))
    .expect(422);
  expect(await statement()).toEqual([
    { key: 'a', kind: 'capture', amount: 1_000, currency: 'USD', at: expect.any(String) },
  ]);
});

test.each([
  ['tok_declined', 'card_declined'],
  ['tok_insufficient_funds', 'insufficient_funds'],
  ['tok_nobody_knows', 'card_declined'],
  ['toString', 'card_declined'],
])('%s is declined as %s and moves no money', async (token, declineCode) => {
  const { body } = await http.post('/captures').send(order('a', token)).expect(200);
  expect(body).toMatchObject({ status: 'declined', declineCode });
  expect(await statement()).toEqual([]);
});

test('a lost response is a capture all the same, and asking by its key tells so', async () => {
  await expect(http.post('/captures').send(order('a', 'tok_lost_response'))).rejects.toThrow(
    /socket hang up|ECONNRESET/,
  );
  expect((await http.get('/captures/a').expect(200)).body).toMatchObject({ status: 'captured', amount: 1_000 });
});

test('an error captures nothing the first time, and the same key succeeds the second time', async () => {
  await http.post('/captures').send(order('a', 'tok_error_once')).expect(500);
  expect(await statement()).toEqual([]);
  await http.post('/captures').send(order('a', 'tok_error_once')).expect(200);
});

test('"never captured" is final: the key is refused from then on, also after a restart', async () => {
  await http.get('/captures/a').expect(404);
  await provider.stop();
  await open();
  await http.post('/captures').send(order('a', 'tok_ok')).expect(422);
  await http.get('/captures/a').expect(404);
  expect(await statement()).toEqual([]);
});

test('a refund gives back once per key and never more than was captured', async () => {
  await http.post('/captures').send(order('a', 'tok_ok')).expect(200);
  const refund = { key: 'r', captureKey: 'a', amount: 600, currency: 'USD' };
  await http.post('/refunds').send(refund).expect(200);
  await http.post('/refunds').send(refund).expect(200);
  await http
    .post('/refunds')
    .send({ ...refund, amount: 500 })
    .expect(422);
  await http
    .post('/refunds')
    .send({ ...refund, key: 's' })
    .expect(422);
  await http
    .post('/refunds')
    .send({ ...refund, key: 't', captureKey: 'b' })
    .expect(404);
  expect((await statement()).map(({ kind, amount }) => [kind, amount])).toEqual([
    ['capture', 1_000],
    ['refund', 600],
  ]);
});

test('the ledger survives a restart, and half a line that a crash left is dropped', async () => {
  await http.post('/captures').send(order('a', 'tok_ok')).expect(200);
  await provider.stop();
  await appendFile(ledger, '{"kind":"capture","key":"b","sta');
  await open();
  expect((await statement()).map(({ key }) => key)).toEqual(['a']);
  await http.post('/captures').send(order('b', 'tok_ok')).expect(200);
  await provider.stop();
  await open();
  expect((await statement()).map(({ key }) => key)).toEqual(['a', 'b']);
});
