import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { Agent, request } from 'undici';
import { BudgetSpent, CircuitOpen, UnknownOutcome } from './errors';
import { asThrown, outcomeOf, retryAfterOf, type Failure } from './outcome';

const STATUSES: [number, string | undefined, Failure][] = [
  [400, 'validation_failed', 'refused'],
  [404, 'not_found', 'refused'],
  [409, 'sold_out', 'refused'],
  [409, 'idempotency_in_flight', 'throttled'],
  [429, 'rate_limited', 'throttled'],
  [500, 'internal', 'failed'],
  [502, undefined, 'unknown'],
  [503, 'overloaded', 'unavailable'],
  [503, 'outcome_unknown', 'unknown'],
  [504, undefined, 'unknown'],
];

test.each(STATUSES)('an answer of %i %s means: %s%s', (status, code, outcome) => {
  expect(outcomeOf(Object.assign(new Error('answer'), { status, code }))).toBe(outcome);
});

test('a refusal of our own says nothing about the peer', () => {
  expect([outcomeOf(new BudgetSpent()), outcomeOf(new CircuitOpen('provider'))]).toEqual(['cancelled', 'cancelled']);
  expect(outcomeOf(new UnknownOutcome('cancelled'))).toBe('cancelled');
  expect(outcomeOf(new UnknownOutcome('timeout'))).toBe('unknown');
});

test('anything that can be thrown has an outcome', () => {
  const loop: { cause?: unknown } = {};
  loop.cause = loop;
  for (const thrown of [undefined, null, 'no', 7, new Error('bug'), {}, loop]) expect(outcomeOf(thrown)).toBe('failed');
});

test('the wait that an answer asks for is taken over only when it is a time', () => {
  const asked = [{ retryAfterMs: 250 }, { retryAfterMs: -1 }, { retryAfterMs: NaN }, { retryAfterMs: '5' }, undefined];
  expect(asked.map(retryAfterOf)).toEqual([250, undefined, undefined, undefined, undefined]);
});

test('a lost connection leaves as an unknown outcome with its cause, everything else as it is', () => {
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  expect(asThrown(reset, outcomeOf(reset))).toMatchObject({
    code: 'outcome_unknown',
    reason: 'connection_lost',
    cause: reset,
  });
  const badGateway = Object.assign(new Error('gateway'), { status: 502 });
  expect(asThrown(badGateway, outcomeOf(badGateway))).toMatchObject({ reason: 'gateway', cause: badGateway });
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  expect(asThrown(refused, outcomeOf(refused))).toBe(refused);
});

describe('what undici really throws', () => {
  let server: Server;
  let onRequest: (socket: Socket) => void;
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => onRequest(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterAll(async () => {
    await agent.destroy();
    server.close();
  });

  async function failureOf(signal?: AbortSignal, port = (server.address() as { port: number }).port): Promise<unknown> {
    const options = { method: 'POST' as const, body: '{}', dispatcher: agent, ...(signal && { signal }) };
    const reading = request(`http://127.0.0.1:${port}/captures`, options).then(({ body }) => body.text());
    return reading.then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  test('a connection that ends after the request was read: unknown', async () => {
    onRequest = (socket) => socket.end();
    expect(outcomeOf(await failureOf())).toBe('unknown');
  });

  test('a connection that is reset after the request was read: unknown', async () => {
    onRequest = (socket) => socket.resetAndDestroy();
    expect(outcomeOf(await failureOf())).toBe('unknown');
  });

  test('an answer that breaks off in its body: unknown', async () => {
    onRequest = (socket) => socket.end('HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{"captu');
    expect(outcomeOf(await failureOf())).toBe('unknown');
  });

  test('an answer that is not HTTP: unknown', async () => {
    onRequest = (socket) => socket.end('thank you for your order\r\n\r\n');
    expect(outcomeOf(await failureOf())).toBe('unknown');
  });

  test('a signal that aborts with an unknown outcome is thrown as it is', async () => {
    const controller = new AbortController();
    onRequest = () => controller.abort(new UnknownOutcome('timeout'));
    expect(outcomeOf(await failureOf(controller.signal))).toBe('unknown');
  });

  test('a port where nobody listens: not sent', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    closed.close();
    await once(closed, 'close');
    expect(outcomeOf(await failureOf(undefined, port))).toBe('not_sent');
  });
});
