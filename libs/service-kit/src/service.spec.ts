import { Controller, Module } from '@nestjs/common';
import { api, route } from '@stampede/contracts';
import request from 'supertest';
import { z } from 'zod';
import { Answer, Caller, Handle, Input, NotFound, defineSettings, integer, type CallerIdentity, type RouteInput } from './index';
import { openService, type RunningService } from './testing';

const seatsApi = api('seats', {
  readSeat: route({
    method: 'GET',
    path: '/seats/{seatId}',
    params: z.object({ seatId: z.uuid() }),
    query: z.strictObject({ view: z.enum(['plain', 'full']).optional() }),
    reply: z.object({ seatId: z.string() }),
    status: 200,
    codes: ['not_found'],
  }),
  takeSeat: route({
    method: 'POST',
    path: '/seats',
    body: z.strictObject({ row: z.string(), numbers: z.array(z.int()) }),
    reply: z.object({ row: z.string(), by: z.string() }),
    status: 201,
    codes: [],
  }),
});
const { readSeat, takeSeat } = seatsApi.routes;

@Controller()
class SeatsController {
  @Handle(readSeat)
  read(@Input(readSeat) { seatId }: RouteInput<typeof seatsApi, 'readSeat'>) {
    if (seatId.startsWith('0')) throw new NotFound('no such seat');
    if (seatId.startsWith('f')) throw new Error('select * from secrets failed');
    return { seatId };
  }

  @Handle(takeSeat)
  take(@Input(takeSeat) { row }: RouteInput<typeof seatsApi, 'takeSeat'>, @Caller() caller: CallerIdentity) {
    return row === 'Z' ? new Answer({ row, by: caller.id }, { status: 202, headers: { location: '/seats/1' } }) : { row, by: caller.id };
  }
}

@Module({ controllers: [SeatsController] })
class SeatsModule {}

const settings = defineSettings('seats', { SEATS_MOST: integer({ min: 1, max: 9, default: 3, why: 'a test' }) });
const SEAT = '11111111-1111-4111-8111-111111111111';

let service: RunningService;
let http: ReturnType<typeof request>;

beforeAll(async () => {
  service = await openService({ settings, load: () => ({ module: SeatsModule }) });
  http = request(service.url);
});
afterAll(() => service.stop());

test('a route answers with its status and its input', async () => {
  const answer = await http.get(`/seats/${SEAT}?view=full`);
  expect([answer.status, answer.body]).toEqual([200, { seatId: SEAT }]);
  expect(answer.headers['x-trace-id']).toMatch(/^[0-9a-f]{32}$/);
});

test('every part of a request that is wrong is named', async () => {
  const answer = await http.get('/seats/nonsense?view=odd&colour=red');
  expect(answer.status).toBe(400);
  expect(answer.type).toBe('application/problem+json');
  expect(answer.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual(['?colour', '?view', '{seatId}']);
});

test('an unexpected error says nothing of what is inside', async () => {
  const answer = await http.get('/seats/ffffffff-1111-4111-8111-111111111111');
  expect(answer.status).toBe(500);
  expect(JSON.stringify(answer.body)).not.toContain('secrets');
});
