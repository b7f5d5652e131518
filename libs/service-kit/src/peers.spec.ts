import { api, route } from '@stampede/contracts';
import { Budget, BudgetSpent, UnknownOutcome } from '@stampede/resilience';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { z } from 'zod';
import { isBusyBehind } from './busy-behind';
import { Answer, Refused, RemoteProblem, Unavailable, peer, type PeerOptions } from './index';
import { fakePeer, type FakePeer } from './testing';

const Hold = z.object({ holdId: z.string(), seats: z.array(z.int()) });
const inventoryApi = api('inventory', {
  readHold: route({
    ...{ method: 'GET', path: '/holds/{holdId}', params: z.object({ holdId: z.string() }) },
    ...{ query: z.strictObject({ view: z.string().optional() }), reply: Hold, status: 200, codes: ['not_found'] },
  }),
  holdSeats: route({
    ...{ method: 'POST', path: '/events/{eventId}/holds', params: z.object({ eventId: z.string() }) },
    ...{
      body: z.strictObject({ quantity: z.int(), note: z.string().optional() }),
      reply: Hold,
      status: 201,
      codes: ['sold_out'],
    },
  }),
  releaseHold: route({
    ...{
      method: 'DELETE',
      path: '/holds/{holdId}',
      params: z.object({ holdId: z.string() }),
      reply: z.void(),
      status: 204,
      codes: [],
    },
  }),
});

const hold = { holdId: 'h1', seats: [1, 2] };
let inventory: FakePeer<typeof inventoryApi>;
beforeEach(async () => {
  inventory = await fakePeer(inventoryApi);
});
afterEach(() => inventory.close());

const client = (options: Partial<PeerOptions> = {}) => peer(inventoryApi, { addresses: [inventory.url], ...options });

test('a call goes out as path, query and body, with the budget and the caller it was made for', async () => {
  inventory.handlers.holdSeats = () => hold;
  inventory.handlers.readHold = () => hold;
  const budget = Budget.ofMs(15_000);
  const caller = { id: 'b1', role: 'buyer' } as const;
  await expect(
    client().holdSeats({ eventId: 'e/1', quantity: 2 }, { budget, caller, idempotencyKey: 'k1' }),
  ).resolves.toEqual(hold);
  await expect(client().readHold({ holdId: 'h1', view: 'a b' })).resolves.toEqual(hold);
  expect(inventory.calls.map(({ operation, input }) => [operation, input])).toEqual([
    ['holdSeats', { eventId: 'e/1', quantity: 2 }],
    ['readHold', { holdId: 'h1', view: 'a b' }],
  ]);
  const { headers } = inventory.calls[0] as FakePeer<typeof inventoryApi>['calls'][0];
  expect(headers).toMatchObject({ 'x-caller-id': 'b1', 'x-caller-role': 'buyer', 'idempotency-key': 'k1' });
  expect(Number(headers['x-budget-ms'])).toBeLessThanOrEqual(15_000);
});

test('a reply may have fields that the caller does not know, but must have those it does', async () => {
  inventory.handlers.readHold = () => ({ ...hold, colour: 'red' });
  await expect(client().readHold({ holdId: 'h1' })).resolves.toEqual(hold);
  const { url, close } = await answering((_, response) => response.end('{"holdId":"h1"}'));
  await expect(client({ addresses: [url] }).readHold({ holdId: 'h1' })).rejects.toThrow(Unavailable);
  await expect(client({ addresses: [url] }).holdSeats({ eventId: 'e1', quantity: 1 })).rejects.toThrow(UnknownOutcome);
  await close();
});

test('a refusal of the peer arrives with its code, its detail and its time', async () => {
  inventory.handlers.holdSeats = () => {
    throw new Refused('sold_out', 'too few', { retryAfterMs: 3_000 });
  };
  const refused = await client()
    .holdSeats({ eventId: 'e1', quantity: 2 })
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RemoteProblem);
  expect(refused).toMatchObject({
    code: 'sold_out',
    detail: 'too few',
    retryAfterMs: 3_000,
    peer: 'inventory',
    status: 409,
  });
  expect(inventory.calls).toHaveLength(1);
});

test('a peer that is busy says so with its answers, and for a while that is known', async () => {
  inventory.handlers.readHold = () => new Answer(hold, { headers: { 'x-busy': '1' } });
  await client().readHold({ holdId: 'h1' });
  expect(isBusyBehind()).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(isBusyBehind()).toBe(false);
});

test('an empty answer is nothing', async () => {
  inventory.handlers.releaseHold = () => undefined;
  await expect(client().releaseHold({ holdId: 'h1' })).resolves.toBeUndefined();
});

test('a read is tried again at another replica; a write whose answer is lost is not', async () => {
  const dead = 'http://127.0.0.1:9';
  inventory.handlers.readHold = (_, { drop }) => (inventory.calls.length === 1 ? drop() : hold);
  inventory.handlers.holdSeats = (_, { drop }) => drop();
  await expect(client().readHold({ holdId: 'h1' })).resolves.toEqual(hold);
  await expect(client({ addresses: [dead, inventory.url] }).readHold({ holdId: 'h1' })).resolves.toEqual(hold);
  inventory.calls.length = 0;
  await expect(client().holdSeats({ eventId: 'e1', quantity: 2 })).rejects.toThrow(UnknownOutcome);
  expect(inventory.calls).toHaveLength(1);
});

test('a write that carries a key is repeated until it is answered', async () => {
  inventory.handlers.holdSeats = (_, { drop }) =>
    inventory.calls.length < 3 ? drop() : new Answer(hold, { status: 201 });
  await expect(client().holdSeats({ eventId: 'e1', quantity: 2 }, { idempotencyKey: 'k1' })).resolves.toEqual(hold);
  expect(inventory.calls.map(({ headers }) => headers['idempotency-key'])).toEqual(['k1', 'k1', 'k1']);
});

test('nobody retries where a layer above does', async () => {
  inventory.handlers.readHold = (_, { drop }) => drop();
  await expect(client({ retries: false }).readHold({ holdId: 'h1' })).rejects.toThrow(Unavailable);
  expect(inventory.calls).toHaveLength(1);
});

test('where a layer above retries, only a replica that takes no connection is passed by', async () => {
  const dead = 'http://127.0.0.1:9';
  inventory.handlers.holdSeats = () => hold;
  const two = client({ addresses: [dead, inventory.url], retries: false });
  for (let call = 0; call < 8; call++)
    await expect(two.holdSeats({ eventId: 'e1', quantity: 2 })).resolves.toEqual(hold);
  inventory.handlers.holdSeats = (_, { drop }) => drop();
  inventory.calls.length = 0;
  await expect(two.holdSeats({ eventId: 'e1', quantity: 2 })).rejects.toThrow(UnknownOutcome);
  expect(inventory.calls).toHaveLength(1);
});

test('a peer that nobody reaches did nothing, whatever was asked', async () => {
  const nobody = client({ addresses: ['http://127.0.0.1:9'] });
  await expect(nobody.readHold({ holdId: 'h1' })).rejects.toThrow(Unavailable);
  await expect(nobody.holdSeats({ eventId: 'e1', quantity: 2 })).rejects.toThrow(Unavailable);
});

test('a crash of the peer is unavailable for a read and unknown for a write', async () => {
  inventory.handlers.readHold = inventory.handlers.holdSeats = () => {
    throw new Error('bug');
  };
  const read = await client()
    .readHold({ holdId: 'h1' })
    .catch((error: unknown) => error);
  expect(read).toMatchObject({ code: 'unavailable', detail: 'inventory cannot be reached' });
  await expect(client().holdSeats({ eventId: 'e1', quantity: 2 })).rejects.toThrow(UnknownOutcome);
});

test('an answer that does not come in time is not waited for', async () => {
  inventory.handlers.readHold = () => new Promise(() => undefined);
  inventory.handlers.holdSeats = () => new Promise(() => undefined);
  await expect(client({ timeoutMs: 40, retries: false }).readHold({ holdId: 'h1' })).rejects.toThrow(Unavailable);
  await expect(client({ timeoutMs: 40 }).holdSeats({ eventId: 'e1', quantity: 2 })).rejects.toThrow(UnknownOutcome);
});

test('a call whose budget is spent is not made', async () => {
  await expect(client().readHold({ holdId: 'h1' }, { budget: Budget.ofMs(0) })).rejects.toThrow(BudgetSpent);
  expect(inventory.calls).toEqual([]);
});

test('an open circuit refuses without asking', async () => {
  inventory.handlers.readHold = (_, { drop }) => drop();
  const guarded = client({ retries: false, breaker: { volumeThreshold: 2, openMs: 60_000 } });
  for (let call = 0; call < 2; call += 1) await expect(guarded.readHold({ holdId: 'h1' })).rejects.toThrow(Unavailable);
  const refused = await guarded.readHold({ holdId: 'h1' }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Unavailable);
  expect((refused as Unavailable).retryAfterMs).toBeGreaterThan(1_000);
  expect(inventory.calls).toHaveLength(2);
});

test('a circuit is tried again within a second: a peer may be back by then', async () => {
  inventory.handlers.readHold = (_, { drop }) => drop();
  const guarded = client({ retries: false, breaker: { volumeThreshold: 1 } });
  await expect(guarded.readHold({ holdId: 'h1' })).rejects.toThrow(Unavailable);
  const refused = await guarded.readHold({ holdId: 'h1' }).catch((error: unknown) => error);
  expect((refused as Unavailable).retryAfterMs).toBeLessThanOrEqual(1_000);
  expect(inventory.calls).toHaveLength(1);
});

async function answering(
  listener: Parameters<typeof createServer>[1],
): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer(listener as never).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, close };
}
