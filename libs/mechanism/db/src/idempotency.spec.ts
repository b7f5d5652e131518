import { sql } from 'kysely';
import {
  canonicalJson,
  completeClaims,
  Claim,
  ClaimLost,
  IdempotencyStore,
  idempotencyMigration,
  KeyConflict,
  KeyInFlight,
  migrate,
} from './index';
import { testDatabase, type TestDatabase } from './testing/index';

let db: TestDatabase;
let store: IdempotencyStore;
let calls = 0;

beforeAll(async () => {
  db = await testDatabase('idempotency');
  await migrate(db.database, [idempotencyMigration]);
  store = new IdempotencyStore(db.database);
});
afterAll(() => db.drop());

const newCall = (request: unknown = { quantity: 2 }) => ({
  caller: 'buyer',
  route: 'POST /holds',
  key: `k${(calls += 1)}`,
  request,
});

async function claimed(from: IdempotencyStore, call: ReturnType<typeof newCall>): Promise<Claim> {
  const claim = await from.claim(call);
  if (claim.kind !== 'claim') throw new Error('the key was already answered');
  return claim;
}

/** As if the worker had died and its lease had run out: no test waits for a clock. */
async function letLeaseEnd(key: string): Promise<void> {
  await sql`update idempotency_key set claimed_until = now() - interval '1 ms' where key = ${key}`.execute(
    db.database.kysely,
  );
}

test('a repeated request gets the stored answer, fields in their order', async () => {
  const call = newCall({ b: 1, a: 2 });
  const claim = await claimed(store, call);
  const answer = { status: 201, body: { z: 1, a: { y: '\u0000', b: [] } }, location: '/holds/1' };
  await db.database.transaction((tx) => claim.complete(tx, answer));
  const again = await store.claim({ ...call, request: { a: 2, b: 1 } });
  expect(JSON.stringify(again)).toBe(JSON.stringify({ kind: 'replay', answer }));
});

test('an empty body is replayed as an empty body', async () => {
  const call = newCall();
  await (await claimed(store, call)).store({ status: 204, body: undefined });
  expect(await store.claim(call)).toEqual({ kind: 'replay', answer: { status: 204, body: undefined } });
});

test('the answer is stored only if its effect is committed', async () => {
  const call = newCall();
  const claim = await claimed(store, call);
  const failed = db.database.transaction(async (tx) => {
    await claim.complete(tx, { status: 201, body: {} });
    throw new Error('the effect failed');
  });
  await expect(failed).rejects.toThrow('the effect failed');
  await expect(store.claim(call)).rejects.toThrow(KeyInFlight);
});

test('of twenty at the same time one gets the claim, the others are told when to come back', async () => {
  const call = newCall();
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => store.claim(call)));
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    expect(result.reason).toMatchObject({ code: 'idempotency_in_flight' });
    expect(result.reason.retryAfterMs).toBeGreaterThan(3_000);
    expect(result.reason.retryAfterMs).toBeLessThanOrEqual(4_000);
  }
});

test('another request under the same key is refused: in flight, answered, or after a crash', async () => {
  const call = newCall();
  const other = { ...call, request: { quantity: 3 } };
  const claim = await claimed(store, call);
  await expect(store.claim(other)).rejects.toThrow(KeyConflict);
  await letLeaseEnd(call.key);
  await expect(store.claim(other)).rejects.toThrow(KeyConflict);
  await claim.store({ status: 409, body: { code: 'sold_out' } });
  await expect(store.claim(other)).rejects.toMatchObject({ code: 'idempotency_conflict' });
});

test('keys of another caller or route are other keys', async () => {
  const call = newCall();
  await claimed(store, call);
  await claimed(store, { ...call, caller: 'another' });
  await claimed(store, { ...call, route: 'POST /orders' });
});

test('after a crash the next worker has the same resource id, and the late one commits nothing', async () => {
  const call = newCall();
  const late = await claimed(store, call);
  expect(late.takenOver).toBe(false);
  await letLeaseEnd(call.key);
  const next = await claimed(store, call);
  expect(next).toMatchObject({ resourceId: late.resourceId, takenOver: true });
  await expect(db.database.transaction((tx) => late.complete(tx, { status: 201, body: 1 }))).rejects.toThrow(ClaimLost);
  await expect(late.store({ status: 201, body: 1 })).rejects.toThrow(ClaimLost);
  await late.release();
  await expect(store.claim(call)).rejects.toThrow(KeyInFlight);
  await next.store({ status: 201, body: 2 });
  expect(await store.claim(call)).toMatchObject({ answer: { body: 2 } });
});

test('a lease that nobody took over can still be completed', async () => {
  const call = newCall();
  const slow = await claimed(store, call);
  await letLeaseEnd(call.key);
  await slow.store({ status: 201, body: 1 });
  expect(await store.claim(call)).toMatchObject({ kind: 'replay' });
});

test('twenty take-overs at the same time yield one worker', async () => {
  const call = newCall();
  await claimed(store, call);
  await letLeaseEnd(call.key);
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => store.claim(call)));
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});

test('a key given back is free at once, for the same thing or for another request', async () => {
  const call = newCall();
  const first = await claimed(store, call);
  await first.release();
  const second = await claimed(store, call);
  expect(second.resourceId).toBe(first.resourceId);
  await second.release();
  const changed = await claimed(store, { ...call, request: { quantity: 4 } });
  expect(changed.resourceId).not.toBe(first.resourceId);
  expect(changed.takenOver).toBe(false);
});

test('a completed answer can be amended by its worker and survives a late release', async () => {
  const call = newCall();
  const claim = await claimed(store, call);
  await expect(claim.amend({ status: 201, body: 1 })).rejects.toThrow(ClaimLost);
  await claim.store({ status: 202, body: { status: 'pending' } });
  await claim.amend({ status: 201, body: { status: 'confirmed' } });
  await claim.release();
  expect(await store.claim(call)).toEqual({ kind: 'replay', answer: { status: 201, body: { status: 'confirmed' } } });
  await expect(claim.store({ status: 500, body: 1 })).rejects.toThrow(ClaimLost);
});

test('after its time a key is new again, and the sweep removes it', async () => {
  const forgetful = new IdempotencyStore(db.database, { keepMs: -1 });
  const call = newCall();
  const first = await claimed(forgetful, call);
  await first.store({ status: 201, body: 1 });
  expect((await claimed(forgetful, call)).resourceId).not.toBe(first.resourceId);
  const kept = newCall();
  await claimed(store, kept);
  expect(await store.sweep()).toBeGreaterThan(0);
  expect(await store.sweep()).toBe(0);
  await expect(store.claim(kept)).rejects.toThrow(KeyInFlight);
});

test('equal requests have equal canonical texts, different ones do not', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  expect(canonicalJson(undefined)).not.toBe(canonicalJson(null));
});

test('many claims are completed at once, and one that was taken over is told apart', async () => {
  const [mine, lost] = [newCall(), newCall()];
  const claims = [await claimed(store, mine), await claimed(store, lost)];
  await letLeaseEnd(lost.key);
  await claimed(store, lost);
  const answer = { status: 201, body: { z: 1, a: 2 } };
  const completed = await db.database.transaction((tx) =>
    completeClaims(
      tx,
      claims.map(({ owner }) => ({ owner, answer })),
    ),
  );
  expect([...completed]).toEqual([claims[0]?.owner.claimId]);
  expect(JSON.stringify(await store.claim(mine))).toBe(JSON.stringify({ kind: 'replay', answer }));
});

test('a claim can be taken up again from its owner', async () => {
  const call = newCall();
  const claim = await claimed(store, call);
  await store.resume(claim.owner, claim.resourceId).store({ status: 409, body: { code: 'sold_out' } });
  expect(await store.claim(call)).toMatchObject({ kind: 'replay' });
});

test('an answer not sent yet is in flight, and counts once it is sent or its worker is gone', async () => {
  const call = newCall();
  const { owner, resourceId } = await claimed(store, call);
  const answer = { status: 202, body: 'accepted' };
  await db.database.transaction((tx) => completeClaims(tx, [{ owner, answer, inFlightMs: 5_000 }]));
  await expect(store.claim(call)).rejects.toThrow(KeyInFlight);
  await letLeaseEnd(call.key);
  expect(await store.claim(call)).toEqual({ kind: 'replay', answer });
  const claim = store.resume(owner, resourceId);
  await claim.stayInFlight(5_000);
  await expect(store.claim(call)).rejects.toThrow(KeyInFlight);
  await claim.amend({ status: 201, body: 'done' });
  expect(await store.claim(call)).toMatchObject({ answer: { status: 201 } });
});
