import { Controller, Module } from '@nestjs/common';
import { api, route } from '@stampede/contracts';
import { z } from 'zod';
import { sendRaw } from '../test/send-raw';
import { Handle, defineSettings } from './index';
import { openService, type RunningService } from './testing';

const { listSeats } = api('seats', {
  listSeats: route({ method: 'GET', path: '/seats', reply: z.array(z.string()), status: 200, codes: [] }),
}).routes;

@Controller()
class SeatsController {
  @Handle(listSeats)
  list(): string[] {
    return [];
  }
}

@Module({ controllers: [SeatsController] })
class SeatsModule {}

let service: RunningService;
beforeAll(async () => {
  service = await openService({ settings: defineSettings('seats', {}), load: () => ({ module: SeatsModule }) });
});
afterAll(() => service.stop());

test.each(['nonsense\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`])(
  'bytes that are no request get a problem as well',
  async (bytes) => {
    const answer = await sendRaw(service.url, bytes);
    expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed']);
  },
);

test.each([
  ['GET /seats HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'validation_failed'],
  ['GET /seats HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\nconnection: close\r\n\r\n', 417, 'expectation_failed'],
  ['CONNECT elsewhere:443 HTTP/1.1\r\nhost: elsewhere\r\n\r\n', 400, 'validation_failed'],
])('a request that Node would refuse by itself gets a problem and a trace id: %j', async (bytes, status, code) => {
  const answer = await sendRaw(service.url, bytes);
  expect([answer.status, answer.body.code, answer.body.status]).toEqual([status, code, status]);
  expect(answer.header('content-type')).toContain('application/problem+json');
  expect(answer.header('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
});
