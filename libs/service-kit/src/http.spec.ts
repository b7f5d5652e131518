import { Controller, Module } from '@nestjs/common';
import { api, route, type InputOf } from '@stampede/contracts';
import request from 'supertest';
import { z } from 'zod';
import {
  Answer,
  Caller,
  Handle,
  IdempotencyKey,
  Input,
  NotFound,
  Refused,
  RequestBudget,
  defineSettings,
  type CallerIdentity,
} from './index';
import { openService, type RunningService } from './testing';
import { sendRaw } from '../test/send-raw';
import type { Budget } from '@stampede/resilience';

const Id = z.uuid();
const { readSeat, takeSeat, leaveSeat } = api('seats', {
  readSeat: route({
    ...{ method: 'GET', path: '/seats/{seatId}', params: z.object({ seatId: Id }) },
    ...{
      query: z.strictObject({ view: z.enum(['plain', 'full']).optional() }),
      reply: z.object({ seatId: z.string() }),
    },
    ...{ status: 200, codes: ['not_found'] },
  }),
  takeSeat: route({
    ...{ method: 'POST', path: '/seats', body: z.object({ row: z.string(), numbers: z.array(z.int()).optional() }) },
    ...{ reply: z.unknown(), status: 201, codes: [] },
  }),
  leaveSeat: route({
    ...{
      method: 'DELETE',
      path: '/seats/{seatId}',
      params: z.object({ seatId: Id }),
      reply: z.void(),
      status: 204,
      codes: [],
    },
  }),
}).routes;

@Controller()
class SeatsController {
  @Handle(readSeat)
  read(@Input(readSeat) { seatId }: InputOf<typeof readSeat>, @RequestBudget() budget: Budget) {
    if (seatId.startsWith('0')) throw new NotFound('no such seat');
    if (seatId.startsWith('1')) throw new Refused('sold_out', 'all taken', { retryAfterMs: 1_400 });
    if (seatId.startsWith('f')) throw new Error('select * from secrets failed');
    return { seatId, budgetMs: budget.remainingMs() };
  }

  @Handle(takeSeat)
  take(
    @Input(takeSeat) input: InputOf<typeof takeSeat>,
    @Caller() caller: CallerIdentity,
    @IdempotencyKey() key: string,
  ) {
    const body = { input, by: caller.id, key };
    return input.row === 'Z' ? new Answer(body, { status: 202, headers: { location: '/seats/1' } }) : body;
  }

  @Handle(leaveSeat)
  leave(@Input(leaveSeat) _: InputOf<typeof leaveSeat>): void {}
}

@Module({ controllers: [SeatsController] })
class SeatsModule {}

const SEAT = '21111111-1111-4111-8111-111111111111';
const CALLER = { 'x-caller-id': 'b1', 'x-caller-role': 'buyer', 'idempotency-key': 'k1' };

let service: RunningService;
let http: ReturnType<typeof request>;

beforeAll(async () => {
  service = await openService({ settings: defineSettings('seats', {}), load: () => ({ module: SeatsModule }) });
  http = request(service.url);
});
afterAll(() => service.stop());

const raw = (bytes: string | Buffer) => sendRaw(service.url, bytes);
const take = (body: unknown = { row: 'A' }) =>
  http
    .post('/seats')
    .set(CALLER)
    .send(body as object);

test('a route answers with its status, its input and the id of its trace', async () => {
  const answer = await http.get(`/seats/${SEAT}?view=full`).set('x-budget-ms', '900');
  expect([answer.status, answer.body.seatId, answer.type]).toEqual([200, SEAT, 'application/json']);
  expect(answer.body.budgetMs).toBeLessThanOrEqual(900);
  expect(answer.headers['x-trace-id']).toMatch(/^[0-9a-f]{32}$/);
});

test('a handler may answer with another status and with headers', async () => {
  const answer = await take({ row: 'Z' });
  expect([answer.status, answer.headers['location'], answer.body.key]).toEqual([202, '/seats/1', 'k1']);
});

test('a route without a reply answers 204 with no body', async () => {
  const answer = await http.delete(`/seats/${SEAT}`);
  expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([204, '', undefined]);
});

test('every part of a request that is wrong is named, with pointers into body, query and path', async () => {
  const wrong = await http.get('/seats/nonsense?view=odd&colour=red');
  expect([wrong.status, wrong.type, wrong.body.code]).toEqual([400, 'application/problem+json', 'validation_failed']);
  expect(wrong.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual([
    '?colour',
    '?view',
    '{seatId}',
  ]);
  const body = await take({ row: 7, numbers: [1, 'x'], 'a/b': 1 });
  expect(body.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual([
    '/a~1b',
    '/numbers/1',
    '/row',
  ]);
});

test('fields and parameters that no schema knows are refused, also on routes that take none', async () => {
  expect((await take({ row: 'A', colour: 'red' })).body.errors[0]).toEqual({
    pointer: '/colour',
    detail: 'is not known',
  });
  expect((await http.delete(`/seats/${SEAT}?force=1`)).body.errors[0].pointer).toBe('?force');
  expect((await http.get(`/seats/${SEAT}?view=full&view=plain`)).status).toBe(400);
});

test('a refusal is answered with its code, its detail and when to come back', async () => {
  const missing = await http.get(`/seats/0${SEAT.slice(1)}?view=full`);
  expect(missing.body).toEqual({
    ...{ type: 'urn:stampede:problem:not_found', title: 'There is no such thing here', status: 404 },
    ...{ detail: 'no such seat', instance: `/seats/0${SEAT.slice(1)}`, code: 'not_found' },
  });
  const sold = await http.get(`/seats/1${SEAT.slice(1)}`);
  expect([sold.status, sold.body.code, sold.headers['retry-after']]).toEqual([409, 'sold_out', '2']);
});

test('an unexpected error says nothing of what is inside', async () => {
  const answer = await http.get(`/seats/f${SEAT.slice(1)}`);
  expect([answer.status, answer.body.code]).toEqual([500, 'internal']);
  expect(answer.text).not.toMatch(/secrets|select|Error/);
});

test('a call that nobody vouches for, and one without a key, are told apart', async () => {
  expect((await http.post('/seats').set('idempotency-key', 'k1').send({ row: 'A' })).body.code).toBe('unauthenticated');
  expect(
    (
      await http
        .post('/seats')
        .set({ ...CALLER, 'x-caller-role': 'king' })
        .send({ row: 'A' })
    ).status,
  ).toBe(401);
  expect(
    (
      await http
        .post('/seats')
        .set({ ...CALLER, 'idempotency-key': '' })
        .send({ row: 'A' })
    ).body.code,
  ).toBe('idempotency_key_missing');
});

test.each([
  ['GET', '/nowhere', 404, undefined],
  ['GET', '/', 404, undefined],
  ['GET', '/seats/', 404, undefined],
  ['GET', `/seats/${SEAT}/`, 404, undefined],
  ['PUT', '/seats', 405, 'OPTIONS, POST'],
  ['POST', `/seats/${SEAT}`, 405, 'DELETE, GET, HEAD, OPTIONS'],
  ['PATCH', `/seats/${SEAT}?x=1`, 405, 'DELETE, GET, HEAD, OPTIONS'],
  ['TRACE', '/seats', 405, 'OPTIONS, POST'],
  ['QUERY', '/seats', 405, 'OPTIONS, POST'],
  ['OPTIONS', '/seats', 204, 'OPTIONS, POST'],
  ['OPTIONS', '/nowhere', 404, undefined],
  ['HEAD', `/seats/${SEAT}`, 200, undefined],
  ['HEAD', '/seats', 405, 'OPTIONS, POST'],
])('%s %s is answered %s with Allow %s', async (method, path, status, allow) => {
  const answer = await raw(
    `${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n`,
  );
  expect(answer.status).toBe(status);
  expect(answer.header('allow')).toBe(allow);
  expect(answer.header('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
  if (status >= 400) expect(answer.header('content-type')).toContain('application/problem+json');
});

test.each([
  ['application/json', 200],
  ['application/*;q=0.1, text/html', 200],
  ['application/problem+json', 200],
  ['text/html, */*;q=0.1', 200],
  ['text/html', 406],
  ['application/json;q=0, */*', 406],
  ['*/*;q=0', 406],
  ['', 200],
])('Accept: %s is answered %s', async (accept, status) => {
  expect((await http.get(`/seats/${SEAT}`).set('accept', accept)).status).toBe(status);
});

test.each<[string, Record<string, string>, string | Buffer, number, string]>([
  ['half a document', {}, '{"row":', 400, 'malformed_json'],
  ['an empty body', {}, '', 400, 'malformed_json'],
  ['bytes that are no UTF-8', {}, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'malformed_json'],
  ['a key that reaches the prototype', {}, '{"row":"A","__proto__":{"admin":true}}', 400, 'malformed_json'],
  ['the same key in disguise', {}, String.raw`{"row":"A","\u005f_proto__":{"admin":true}}`, 400, 'malformed_json'],
  ['a constructor with a prototype', {}, '{"row":"A","constructor":{"prototype":{}}}', 400, 'malformed_json'],
  ['a list in place of an object', {}, '[]', 400, 'validation_failed'],
  ['null', {}, 'null', 400, 'validation_failed'],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'row=A', 415, 'unsupported_media_type'],
  ['text', { 'content-type': 'text/plain' }, '{}', 415, 'unsupported_media_type'],
  ['a media type that is none', { 'content-type': 'json' }, '{}', 415, 'unsupported_media_type'],
  ['another charset', { 'content-type': 'application/json; charset=utf-16' }, '{}', 415, 'unsupported_media_type'],
  ['a compressed body', { 'content-encoding': 'gzip' }, '{}', 415, 'unsupported_media_type'],
  ['more than 64 KiB', {}, `{"row":"${'x'.repeat(65_536)}"}`, 413, 'body_too_large'],
])('%s is refused as a client error', async (_, headers, body, status, code) => {
  const lines = Object.entries({ 'content-type': 'application/json', ...CALLER, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const bytes = Buffer.from(body);
  const length = `content-length: ${bytes.length}\r\n`;
  const head = `POST /seats HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${length}${lines.join('')}\r\n`;
  const answer = await raw(Buffer.concat([Buffer.from(head), bytes]));
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

test('a body without a type is refused, and no body at all is named', async () => {
  const typeless = await raw(`POST /seats HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`);
  expect([typeless.status, typeless.body.code]).toEqual([415, 'unsupported_media_type']);
  expect((await http.post('/seats').set(CALLER)).body.errors).toEqual([
    { pointer: '', detail: 'a JSON body is needed' },
  ]);
});

test.each([
  '/seats/%',
  '/seats/%zz',
  '/seats/%ff',
  '/seats/%00',
  '/%c0%ae/seats',
  `/seats/${'x'.repeat(600)}`,
  '/seats/..%2f',
  '*seats',
  '/seats/1%00',
])('the path %s is a client error', async (path) => {
  const answer = await raw(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  expect([400, 404]).toContain(answer.status);
  expect(answer.body.status).toBe(answer.status);
  expect(answer.header('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
});

test.each(['0', '00'])('a request whose budget is %s is dropped without work', async (left) => {
  const answer = await http.get(`/seats/f${SEAT.slice(1)}`).set('x-budget-ms', left);
  expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([503, 'budget_spent', '1']);
});

test('the admin port tells of life, readiness and metrics, and of nothing else', async () => {
  const admin = request(service.adminUrl);
  await http.get(`/seats/${SEAT}`);
  expect((await admin.get('/livez')).text).toBe('ok\n');
  expect((await admin.get('/readyz')).status).toBe(200);
  expect((await admin.get('/metrics')).text).toContain('route="/seats/:seatId",method="GET",status="200"');
  expect((await admin.get('/secrets')).body.code).toBe('not_found');
});
