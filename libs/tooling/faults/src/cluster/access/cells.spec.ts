import { CALL_GRAPH, PROVIDER } from '@stampede/topology';
import { outcomeInMesh } from './ask';
import { edgeCells, outcomeAtEdge } from './edge-cells';
import { meshCells } from './mesh-cells';
import { networkCells } from './network-cells';

const find = (asker: string, callee: string, method: string, path: string) =>
  meshCells().find(
    (cell) => cell.asker === asker && cell.callee === callee && cell.method === method && cell.path === path,
  );

test('with a certificate a service may ask what the call graph says, by that method and on that path alone', () => {
  expect(find('gateway', 'pricing', 'POST', '/quotes')?.expected).toBe('answered');
  expect(find('gateway', 'pricing', 'DELETE', '/quotes')?.expected).toBe('refused');
  expect(find('orders', 'pricing', 'POST', '/quotes')?.expected).toBe('refused');
  expect(find('gateway', 'pricing', 'GET', '/nobody-offers-this')?.expected).toBe('refused');
  expect(find('orders', 'inventory', 'POST', '/holds/{holdId}/claim')?.expected).toBe('answered');
});

test('the same account of another namespace, another account and no certificate get nothing', () => {
  expect(find('gateway-elsewhere', 'pricing', 'POST', '/quotes')?.expected).toBe('refused');
  expect(find('default', 'pricing', 'POST', '/quotes')?.expected).toBe('refused');
  expect(find('plaintext', 'pricing', 'POST', '/quotes')?.expected).toBe('no connection');
});

test('every call of the graph between services is a cell that must be answered, and no other between them is', () => {
  const operations = CALL_GRAPH.filter(({ callee }) => callee !== PROVIDER.name).flatMap((calls) => calls.operations);
  const answered = meshCells().filter(({ expected, callee }) => expected === 'answered' && callee !== 'gateway');
  expect(answered).toHaveLength(operations.length);
  expect(meshCells().length).toBeGreaterThan(1_800);
});

test('without the mesh a connection is opened by those who call, or keep something there, and by nobody else', () => {
  const open = networkCells().filter(({ expected }) => expected === 'answered');
  const words = open.map(({ asker, callee, port }) => `${asker} ${callee}:${port}`);
  expect(words).toContain('orders-bare payments:8080');
  expect(words).toContain('audit-bare payment-provider:8080');
  expect(words).toContain('edge-bare gateway:8080');
  expect(words).not.toContain('gateway-bare payments:8080');
  expect(open.filter(({ asker }) => asker.startsWith('stranger'))).toEqual([]);
  expect(open.filter(({ port }) => port === 9090)).toEqual([]);
});

test('at the edge a token that is there must be good, also where none is needed', () => {
  const at = (method: string, path: string) =>
    Object.fromEntries(
      edgeCells()
        .filter((cell) => cell.method === method && cell.path === path)
        .map(({ asker, expected }) => [asker, expected]),
    );
  expect(at('GET', '/events')).toMatchObject({ 'no token': 'answered', buyer: 'answered', expired: 'unauthenticated' });
  expect(at('POST', '/events')).toMatchObject({
    ...{ 'no token': 'unauthenticated', buyer: 'refused', organiser: 'answered' },
    ...{ forged: 'unauthenticated', unsigned: 'unauthenticated', 'for somebody else': 'unauthenticated' },
  });
});

test.each([
  [{ status: 0 }, 'no connection'],
  [{ status: 403, body: 'RBAC: access denied' }, 'refused'],
  [{ status: 401, body: '{"code":"unauthenticated"}' }, 'answered'], // by the service: it was reached
  [{ status: 503, body: 'upstream connect error' }, 'unavailable'],
  [{ status: 503, body: '{"code":"overloaded"}' }, 'answered'],
  [{ status: 404, body: '{}' }, 'answered'],
] as const)('within the mesh %j means %s', (answer, outcome) => expect(outcomeInMesh(answer)).toBe(outcome));

test.each([
  [{ status: 401, body: 'Jwt is expired' }, 'unauthenticated'],
  [{ status: 403, body: 'Audiences in Jwt are not allowed' }, 'unauthenticated'],
  [{ status: 401, body: '{"code":"unauthenticated"}' }, 'unauthenticated'],
  [{ status: 403, body: 'RBAC: access denied' }, 'refused'],
  [{ status: 403, body: '{"code":"forbidden"}' }, 'refused'],
  [{ status: 403, body: '{"code":"not_admitted"}' }, 'answered'],
  [{ status: 400, body: '{"code":"validation_failed"}' }, 'answered'],
  [{ status: 503, body: 'no healthy upstream' }, 'unavailable'],
] as const)('at the edge %j means %s', (answer, outcome) => expect(outcomeAtEdge(answer)).toBe(outcome));
