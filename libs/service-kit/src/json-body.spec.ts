import { fastify, type FastifyInstance } from 'fastify';
import { readJsonBodies } from './json-body';

let server: FastifyInstance;
beforeAll(() => {
  server = fastify();
  readJsonBodies(server);
  server.post('/', (request) => ({ read: request.body }));
  server.setErrorHandler((error: { code?: string }, _request, reply) => reply.code(400).send({ code: error.code }));
});
afterAll(() => server.close());

async function post(payload: string): Promise<{ read?: unknown; code?: string }> {
  const answer = await server.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'application/json' },
    payload,
  });
  return answer.json();
}

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

test.each([101, 30_000])('a body of %s levels is refused before anything has to walk through it', async (levels) => {
  expect(await post(nested(levels))).toEqual({ code: 'malformed_json' });
  expect(await post(`{"a":${nested(levels)}}`)).toEqual({ code: 'malformed_json' });
});

test('a hundred levels are read', async () => {
  expect(await post(nested(100))).toEqual({ read: JSON.parse(nested(100)) });
});

test('brackets in a text are no levels, and an escaped quote does not end a text', async () => {
  const body = { text: `${'{['.repeat(200)}"\\`, next: '{'.repeat(200) };
  expect(await post(JSON.stringify(body))).toEqual({ read: body });
});
