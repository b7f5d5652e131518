import { inOrder, runSteps, together, type Step } from './step';

function stepOf(name: string, state: { done: Set<string>; failing?: string }): Step {
  return {
    name,
    isDone: () => Promise.resolve(state.done.has(name)),
    run: async () => {
      if (state.failing === name) throw new Error(`${name} failed`);
      state.done.add(name);
      await Promise.resolve();
    },
  };
}

test('after an interruption the next start goes on where the first one stopped', async () => {
  const state: { done: Set<string>; failing?: string } = { done: new Set(), failing: 'istio' };
  const steps = ['kind', 'istio', 'shop'].map((name) => stepOf(name, state));
  const lines: string[] = [];
  await expect(
    runSteps(
      steps,
      (line) => lines.push(line),
      () => 0,
    ),
  ).rejects.toThrow('istio failed');
  expect([...state.done]).toEqual(['kind']);
  delete state.failing;
  lines.length = 0;
  await runSteps(
    steps,
    (line) => lines.push(line),
    () => 0,
  );
  expect(lines).toEqual(['1/3 kind: there already', '2/3 istio', '2/3 istio: 0.0 s', '3/3 shop', '3/3 shop: 0.0 s']);
});

test('steps together do what is missing and leave what is there', async () => {
  const state = { done: new Set(['keda']) };
  const both = together('platform', [stepOf('keda', state), stepOf('flagger', state)]);
  await expect(both.isDone()).resolves.toBe(false);
  await both.run();
  expect([...state.done]).toEqual(['keda', 'flagger']);
  await expect(both.isDone()).resolves.toBe(true);
});

test('steps in order stop where one fails, and go on from there', async () => {
  const state: { done: Set<string>; failing?: string } = { done: new Set(), failing: 'istio' };
  const mesh = inOrder('mesh', [stepOf('gateway-api', state), stepOf('istio', state)]);
  await expect(mesh.run()).rejects.toThrow('istio failed');
  expect([...state.done]).toEqual(['gateway-api']);
  delete state.failing;
  await mesh.run();
  await expect(mesh.isDone()).resolves.toBe(true);
});
