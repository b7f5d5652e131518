import { SagaRunner, saga, step } from '../src';
import { type Counter, Laboratory, count, told } from './laboratory';

let lab: Laboratory;

beforeAll(async () => {
  lab = await Laboratory.open();
});
afterAll(() => lab.drop());

test('of two workers that each believe to have the lease, the one that lost it writes nothing', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const reached = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const commits: number[] = [];
  let calls = 0;
  const runnerOf = lab.sagaOf(
    step('a', {
      run: async () => {
        const call = calls++;
        reached[call]!.resolve();
        await gates[call]!.promise;
        return { commit: async () => void commits.push(call), state: { count: call } };
      },
    }),
  );
  const [first, second] = [runnerOf({ workerId: 'first' }), runnerOf({ workerId: 'second' })];
  const id = await lab.start(first);
  const firstWorks = first.drain();
  await reached[0]!.promise;
  lab.nowMs += 3_001;
  const secondWorks = second.drain();
  await reached[1]!.promise;
  gates[0]!.resolve();
  expect(await told(() => firstWorks)).toEqual(['lease-lost']);
  expect(await lab.stored(id)).toMatchObject({ outcome: null, leasedBy: 'second' });
  gates[1]!.resolve();
  await secondWorks;
  expect(await lab.stored(id)).toMatchObject({ outcome: 'completed', state: { count: 1 } });
  expect(commits).toEqual([1]);
});

test('a lease is renewed as long as its step runs, so a slow step is not run twice', async () => {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let calls = 0;
  const slow = step<Counter>('slow', {
    run: async () => {
      calls++;
      reached.resolve();
      await gate.promise;
    },
  });
  const definition = saga<Counter>('slow', [slow]);
  const options = { workerId: 'w', deadlineMs: 60_000, leaseMs: 300 }; // on the database's clock
  const runner = new SagaRunner(lab.database, definition, options);
  const id = await lab.start(runner);
  const works = runner.drain();
  await reached.promise;
  const { dueAt } = await lab.stored(id);
  while ((await lab.stored(id)).dueAt.getTime() <= dueAt.getTime() + options.leaseMs) {
    await new SagaRunner(lab.database, definition, options).drain(); // finds nothing to take over, all the while
  }
  gate.resolve();
  await works;
  expect(calls).toBe(1);
  expect((await lab.stored(id)).outcome).toBe('completed');
});

test('a worker that stops finishes its step and hands the saga on without a wait', async () => {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const runnerOf = lab.sagaOf(
    step('a', {
      run: async (context) => {
        reached.resolve();
        await gate.promise;
        return count(context);
      },
    }),
    step('b', { run: count }),
  );
  const [leaving, next] = [runnerOf(), runnerOf()];
  leaving.run();
  const id = await lab.start(leaving);
  await reached.promise;
  const stopped = leaving.stop();
  gate.resolve();
  await stopped;
  expect(await lab.stored(id)).toMatchObject({ step: 'b', leasedBy: null, attempts: 0 });
  await next.drain();
  expect(await lab.stored(id)).toMatchObject({ outcome: 'completed', state: { count: 2 } });
});

test('a lab that resumes nothing leaves sagas of a lost worker, and of before a restart, where they are', async () => {
  let lost = true;
  const runnerOf = lab.sagaOf(step('a', { run: count }), step('b', { run: count }));
  const crashPoint = (): void => {
    if (lost) throw new Error('lost');
  };
  const first = runnerOf({ resume: false, clock: () => new Date(), crashPoint, concurrency: 1 });
  const [orphan, waiting] = [await lab.start(first), await lab.start(first)];
  await first.drain();
  lost = false;
  const again = runnerOf({ resume: false, clock: () => new Date(Date.now() + 10_000) });
  await again.drain();
  for (const id of [orphan, waiting]) expect(await lab.stored(id)).toMatchObject({ outcome: null });
  await runnerOf({ clock: () => new Date(Date.now() + 10_000) }).drain();
  expect(await lab.stored(orphan)).toMatchObject({ outcome: 'completed' });
  expect(await lab.stored(waiting)).toMatchObject({ outcome: 'completed' });
});
