import { Controller, Module } from '@nestjs/common';
import { api, route } from '@stampede/contracts';
import { z } from 'zod';
import { Handle, defineSettings } from './index';
import { openService, type RunningService } from './testing';

const { look, buy } = api('shop', {
  look: route({
    ...{ method: 'GET', path: '/events/{eventId}', params: z.object({ eventId: z.string() }), reply: z.unknown() },
    ...{ status: 200, codes: [] },
  }),
  buy: route({ method: 'POST', path: '/orders', reply: z.unknown(), status: 202, codes: [] }),
}).routes;

let crowd: PromiseWithResolvers<void>;

@Controller()
class ShopController {
  @Handle(look)
  async look() {
    await crowd.promise;
    return { shown: true };
  }

  @Handle(buy, { priority: 'critical' })
  buy() {
    return { accepted: true };
  }
}

@Module({ controllers: [ShopController] })
class ShopModule {}

const settings = defineSettings('shop', {});
const load = () => ({ module: ShopModule, edge: true });
let service: RunningService;
const asked: Promise<Response>[] = [];

/** A shop whose processor has been busy for a while, with a crowd in it that still waits. */
async function pressed(env: Record<string, string> = {}): Promise<void> {
  crowd = Promise.withResolvers<void>();
  service = await openService({ settings, load, env });
  const { limit } = (service as unknown as { overload: { limit: { look(pressed: boolean): void } } }).overload;
  const look = limit.look.bind(limit);
  limit.look = () => look(true); // whatever this machine's processor says
  limit.look(true);
  for (let visitor = 0; visitor < 64; visitor++) asked.push(fetch(`${service.url}/events/final`));
  await new Promise((resolve) => setTimeout(resolve, 200)); // all of them are inside
}

afterEach(async () => {
  crowd.resolve();
  await Promise.all(asked.splice(0).map(async (answer) => (await answer).body?.cancel()));
  await service.stop();
});

test('a full shop tells who only looks when to come back', async () => {
  await pressed();
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const refused = await fetch(`${service.url}/events/final?page=1`, { headers: { traceparent } });
  expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('x-trace-id')]).toEqual([
    503,
    '2',
    'a'.repeat(32),
  ]);
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
  expect(await refused.json()).toEqual({
    type: 'urn:stampede:problem:overloaded',
    title: 'The shop is busy',
    status: 503,
    detail: 'more is asked than can be served; come back later',
    instance: '/events/final',
    code: 'overloaded',
  });
  expect((await fetch(`${service.url}/nowhere`)).status).toBe(404);
  const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(
    /stampede_shed_total\{shedder="shop",priority="normal",reason="concurrency",service="shop"\} 1/,
  );
  expect(metrics).toMatch(/http_server_request_duration_seconds_count\{[^}]*status[^}]*="503"[^}]*\} 1/);
});

test('an order waits for its turn in a full shop, and is refused when that does not come in time', async () => {
  await pressed();
  const order = () => fetch(`${service.url}/orders`, { method: 'POST' });
  const late = await order();
  expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1']);
  const next = order();
  await new Promise((resolve) => setTimeout(resolve, 50));
  crowd.resolve();
  expect((await next).status).toBe(202);
});

test('without load shedding everybody is let in, to wait with the others', async () => {
  await pressed({ STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: 'shed-load' });
  const late = fetch(`${service.url}/events/final`);
  asked.push(late);
  expect(await Promise.race([late, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))])).toBe('waits');
});
