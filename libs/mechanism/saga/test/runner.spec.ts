import { uuidv7 } from '@stampede/db';
import { Rejected, type SagaMove, SagaRunner, saga, step } from '../src';
import { type Counter, Laboratory, count, heard } from './laboratory';

let lab: Laboratory;

beforeAll(async () => {
  lab = await Laboratory.open();
});
afterAll(() => lab.drop());

test('a committed saga runs at once, by the kick of its commit, and one that was rolled back never', async () => {
  const done = Promise.withResolvers<string>();
  const runnerOf = lab.sagaOf(step('a', { run: count }));
  const runner = runnerOf({ pollMs: 3_600_000, onFinished: async (_, { id }) => done.resolve(id) });
  runner.run();
  const undone = uuidv7();
  const failing = lab.database.transaction(async (tx) => {
    await runner.start(tx, undone, { count: 0 });
    throw new Error('no order after all');
  });
  await expect(failing).rejects.toThrow('no order after all');
  expect(await lab.start(runner)).toBe(await done.promise);
  await runner.stop();
  expect(await runner.stats()).toEqual({ open: 0, oldestAgeMs: 0 });
});

test('what a step throws is told with its step, for whoever writes the log', async () => {
  const error = new TypeError('total is not a function');
  const runnerOf = lab.sagaOf(step('capture', { run: () => Promise.reject(error) }));
  const runner = runnerOf();
  await lab.start(runner);
  const [failed] = await heard(() => runner.drain());
  await runner.stop();
  expect(failed).toMatchObject({ kind: 'failed', step: 'capture', attempt: 1, retryInMs: expect.any(Number) });
  expect((failed as { error?: unknown }).error).toBe(error);
});

test('a step that fails is tried again when it says so, with its attempts counted', async () => {
  const attempts: number[] = [];
  const runnerOf = lab.sagaOf(
    step('a', {
      run: async ({ attempt }) => {
        attempts.push(attempt);
        if (attempt < 3) {
          throw Object.assign(new Error('overloaded'), { retryAfterMs: 1_500 });
        }
      },
    }),
  );
  const runner = runnerOf();
  const id = await lab.start(runner);
  await runner.drain();
  lab.nowMs += 1_499;
  await runner.drain();
  expect(attempts).toEqual([1]);
  lab.nowMs += 1;
  await runner.drain();
  lab.nowMs += 1_500;
  await runner.drain();
  await runner.stop();
  expect(attempts).toEqual([1, 2, 3]);
  expect((await lab.stored(id)).outcome).toBe('completed');
});

test('a step that answers too late counts as unknown and is not waited for', async () => {
  let asked = 0;
  let signal: AbortSignal | undefined;
  const runnerOf = lab.sagaOf(
    step('a', {
      run: (context) => {
        signal = context.signal;
        return new Promise<never>(() => undefined);
      },
      onUnknown: async () => {
        asked++;
        return { state: { count: 7 } };
      },
    }),
  );
  const runner = runnerOf({ stepTimeoutMs: 20 });
  const id = await lab.start(runner);
  await runner.drain();
  expect(await lab.stored(id)).toMatchObject({ outcome: 'completed', state: { count: 7 } });
  expect(asked).toBe(1);
  expect(signal?.aborted).toBe(true);
});

test('each move is told in its own transaction, with its reason, compensations in reverse', async () => {
  const moves: Partial<SagaMove<Counter>>[] = [];
  const order: string[] = [];
  const undo = (name: string) => async () => void order.push(name);
  const runnerOf = lab.sagaOf(
    step('a', { run: count, compensate: undo('a') }),
    step('b', { run: count, compensate: undo('b') }),
    step('c', { run: () => Promise.reject(new Rejected('sold_out', 'no seat left')), compensate: undo('c') }),
  );
  const failure = { step: 'c', code: 'sold_out', detail: 'no seat left' };
  const runner = runnerOf({
    forget: ['secret'],
    onMove: async (_, { step: name, outcome, failure: why }) =>
      void moves.push({ step: name, outcome, ...(why && { failure: why }) }),
  });
  const id = await lab.start(runner, { count: 0, secret: 'tok_ok' });
  await runner.drain();
  expect(order).toEqual(['b', 'a']);
  expect(moves).toEqual([
    { step: 'a', outcome: 'done' },
    { step: 'b', outcome: 'done' },
    { step: 'c', outcome: 'rejected', failure },
    { step: 'b', outcome: 'compensated', failure },
    { step: 'a', outcome: 'compensated', failure },
  ]);
  expect(await lab.stored(id)).toMatchObject({ outcome: 'compensated', state: { count: 2 } });
  expect((await lab.stored(id)).state).not.toHaveProperty('secret');
});

test('after the pivot a refusal does not turn the saga back', async () => {
  let refusals = 2;
  const runnerOf = lab.sagaOf(
    step('a', { run: count, compensate: () => Promise.reject(new Error('must not be undone')) }),
    step('b', { run: count, pivot: true }),
    step('c', {
      run: async (context) => {
        if (refusals-- > 0) {
          throw new Rejected('conflict', 'not now');
        }
        return count(context);
      },
    }),
  );
  const runner = runnerOf();
  const id = await lab.start(runner);
  for (let hours = 0; hours < 3; hours++, lab.nowMs += 3_600_000) {
    await runner.drain();
  }
  await runner.stop();
  expect(await lab.stored(id)).toMatchObject({ outcome: 'completed', state: { count: 3 } });
});

test('a saga at a step that this version does not know is left to one that does', async () => {
  const name = 'of two versions';
  const options = { workerId: 'w', deadlineMs: 60_000, clock: () => new Date(lab.nowMs) };
  const newer = new SagaRunner(lab.database, saga<Counter>(name, [step('new', { run: count })]), options);
  const older = new SagaRunner(lab.database, saga<Counter>(name, [step('old', { run: count })]), options);
  const id = await lab.start(newer);
  await older.drain();
  expect(await lab.stored(id)).toMatchObject({ step: 'new', outcome: null, attempts: 0 });
  await newer.drain();
  expect((await lab.stored(id)).outcome).toBe('completed');
});

test.each([
  ['always the same', 3],
  ['asked for each time', () => 3],
])(
  'many sagas and few hands, %s: all are done, never more at a time than there is room for',
  async (_, concurrency) => {
    let busy = 0;
    let busiest = 0;
    const all = Promise.withResolvers<void>();
    const runnerOf = lab.sagaOf(
      step('a', {
        run: async (context) => {
          busiest = Math.max(busiest, ++busy);
          await new Promise(setImmediate);
          busy--;
          return count(context);
        },
      }),
    );
    let finished = 0;
    const runner = runnerOf({
      concurrency,
      pollMs: 3_600_000,
      onFinished: async () => (++finished === 20 ? all.resolve() : undefined),
    });
    for (let i = 0; i < 20; i++) {
      await lab.start(runner);
    }
    expect(await runner.stats()).toEqual({ open: 20, oldestAgeMs: 0 });
    runner.run();
    await all.promise;
    await runner.stop();
    expect(busiest).toBe(3);
    expect((await runner.stats()).open).toBe(0);
  },
);
