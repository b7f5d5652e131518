import { Controller, Module, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { api, route } from '@stampede/contracts';
import request from 'supertest';
import { z } from 'zod';
import { Caller, Handle, Input, defineSettings } from './index';
import { openService, type RunningService } from './testing';

const open = {
  method: 'POST',
  body: z.strictObject({ name: z.string() }),
  reply: z.unknown(),
  status: 201,
  codes: [],
} as const;
const { plain, guarded, failing } = api('doors', {
  plain: route({ ...open, path: '/plain' }),
  guarded: route({ ...open, path: '/guarded' }),
  failing: route({ ...open, path: '/failing' }),
}).routes;

class OnlyOperators implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return (
      context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-caller-role'] === 'operator'
    );
  }
}

/** Whether Nest's router is on the stack: the direct call goes without it. */
const throughNest = () => (new Error('where').stack ?? '').includes('router-execution-context');

@Controller()
class DoorsController {
  @Handle(plain)
  plain(@Input(plain) { name }: { name: string }, @Caller() caller: { id: string }) {
    return { name, caller: caller.id, throughNest: throughNest() };
  }

  @Handle(guarded)
  @UseGuards(OnlyOperators)
  guarded(@Input(guarded) { name }: { name: string }) {
    return { name, throughNest: throughNest() };
  }

  @Handle(failing)
  async failing(@Input(failing) { name }: { name: string }): Promise<unknown> {
    await Promise.resolve();
    throw new Error(name);
  }
}

@Module({ controllers: [DoorsController] })
class DoorsModule {}

let service: RunningService;
beforeAll(async () => {
  service = await openService({ settings: defineSettings('doors', {}), load: () => ({ module: DoorsModule }) });
});
afterAll(() => service.stop());

const post = (path: string, role: string) =>
  request(service.url).post(path).set({ 'x-caller-id': 'b1', 'x-caller-role': role }).send({ name: 'north' });

test("a handler without Nest's enhancers is called directly", async () => {
  const answer = await post('/plain', 'buyer');
  expect([answer.status, answer.body]).toEqual([201, { name: 'north', caller: 'b1', throughNest: false }]);
});

test("a handler with a guard keeps Nest's own path, and its guard", async () => {
  expect((await post('/guarded', 'operator')).body).toEqual({ name: 'north', throughNest: true });
  expect((await post('/guarded', 'buyer')).body.code).toBe('forbidden');
});

test('a direct call that fails after a while is a problem as well', async () => {
  expect((await post('/failing', 'buyer')).body.code).toBe('internal');
});

test('who asks is checked before what is asked', async () => {
  const answer = await request(service.url).post('/plain').send({ colour: 'red' });
  expect(answer.body.code).toBe('unauthenticated');
});
