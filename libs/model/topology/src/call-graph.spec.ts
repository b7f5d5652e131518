import { CALL_GRAPH, PROVIDER, SERVICES, callsFrom, callsTo } from './index';

test('the routes that a service calls are those of the services that it says it calls, and of no other', () => {
  for (const { name, calls, provider } of SERVICES) {
    const expected = [...calls, ...(provider ? [PROVIDER.name] : [])];
    expect(
      callsFrom(name)
        .map(({ callee }) => callee)
        .toSorted(),
    ).toEqual(expected.toSorted());
  }
});

test('every edge has one row, which names each route once and at least one', () => {
  const edges = CALL_GRAPH.map(({ caller, callee }) => `${caller} ${callee}`);
  expect(new Set(edges).size).toBe(edges.length);
  for (const { operations } of CALL_GRAPH) {
    expect(operations.length).toBeGreaterThan(0);
    expect(new Set(operations).size).toBe(operations.length);
  }
});

test('nobody calls the gateway but buyers, and the provider is asked by payments and audit alone', () => {
  expect(callsTo('gateway')).toEqual([]);
  expect(callsTo(PROVIDER.name).map(({ caller }) => caller)).toEqual(['payments', 'audit']);
});
