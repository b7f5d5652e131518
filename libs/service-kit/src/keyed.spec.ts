import { Controller, Inject, Module } from '@nestjs/common';
import { api, route, type InputOf } from '@stampede/contracts';
import { IdempotencyStore, idempotencyMigration, type Database } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import request from 'supertest';
import { z } from 'zod';
import {
  DATABASE,
  Handle,
  IdempotencyKey,
  Input,
  Refused,
  Unavailable,
  defineSettings,
  keyed,
  type KeyClaim,
} from './index';
import { openService, type RunningService } from './testing';

const { place } = api('orders', {
  place: route({
    method: 'POST',
    path: '/orders',
    body: z.strictObject({ how: z.string() }),
    reply: z.unknown(),
    status: 202,
    codes: [],
  }),
}).routes;

const runs: string[] = [];
let hold: PromiseWithResolvers<void> | undefined;

@Controller()
class OrdersController {
  private readonly keys: IdempotencyStore;

  constructor(@Inject(DATABASE) private readonly database: Database) {
    this.keys = new IdempotencyStore(database);
  }

  @Handle(place)
  place(@Input(place) input: InputOf<typeof place>, @IdempotencyKey() key: string) {
    return keyed(this.keys, { caller: 'b1', route: place, key, request: input }, (claim) => this.run(input.how, claim));
  }

  private async run(how: string, claim: KeyClaim) {
    runs.push(how);
    await hold?.promise;
    if (how === 'sold out') throw new Refused('sold_out', 'all gone');
    if (how === 'forbidden') throw new Refused('forbidden');
    if (how === 'away') throw new Unavailable();
    const success = { status: 202, body: { orderId: claim.resourceId }, location: `/orders/${claim.resourceId}` };
    if (how === 'stored later') return success;
    return this.database.transaction((tx) => claim.complete(tx, success));
  }
}

@Module({ controllers: [OrdersController] })
class OrdersModule {}

let database: TestDatabase;
let service: RunningService;
let keys = 0;

beforeAll(async () => {
  database = await testDatabase('keyed');
  service = await openService({
    settings: defineSettings('orders', {}, { database: true }),
    load: () => ({ module: OrdersModule, migrations: [idempotencyMigration] }),
    env: { ORDERS_DATABASE_URL: database.url },
  });
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});
beforeEach(() => {
  runs.length = 0;
  hold = undefined;
  keys += 1;
});

const send = (how: string) => request(service.url).post('/orders').set('idempotency-key', `key ${keys}`).send({ how });

test.each(['well', 'stored later'])('a repeat of what went %s replays status, body and Location', async (how) => {
  const first = await send(how);
  const second = await send(how);
  expect(first.headers['idempotent-replayed']).toBeUndefined();
  expect([second.status, second.text, second.headers['location']]).toEqual([
    202,
    first.text,
    first.headers['location'],
  ]);
  expect(second.headers['idempotent-replayed']).toBe('true');
  expect(runs).toEqual([how]);
});

test('a final answer of the domain is replayed as the problem that it was', async () => {
  const first = await send('sold out');
  const second = await send('sold out');
  expect([second.status, second.body, second.type]).toEqual([409, first.body, 'application/problem+json']);
  expect([first.body.instance, second.headers['idempotent-replayed']]).toEqual(['/orders', 'true']);
  expect(runs).toHaveLength(1);
});

test.each(['forbidden', 'away'])('%s frees the key', async (how) => {
  const first = await send(how);
  const second = await send(how);
  expect([second.status, second.headers['idempotent-replayed']]).toEqual([first.status, undefined]);
  expect(runs).toEqual([how, how]);
});

test('a repeat while the first is running is told when to come back, and nothing runs twice', async () => {
  hold = Promise.withResolvers<void>();
  const first = send('well').then((answer) => answer);
  while (runs.length === 0) await new Promise(setImmediate);
  const second = await send('well');
  hold.resolve();
  expect([second.status, second.body.code, Number(second.headers['retry-after']) > 0]).toEqual([
    409,
    'idempotency_in_flight',
    true,
  ]);
  expect([(await first).status, runs]).toEqual([202, ['well']]);
});

test('the same key with another request is refused', async () => {
  await send('well');
  const answer = await send('stored later');
  expect([answer.status, answer.body.code]).toEqual([422, 'idempotency_conflict']);
});
