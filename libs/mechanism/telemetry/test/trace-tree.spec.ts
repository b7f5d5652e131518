import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { drawTree, orphansOf, startSpanSink, type SpanSink } from '../src/testing';

let sink: SpanSink;
const children: ChildProcess[] = [];

beforeAll(async () => {
  sink = await startSpanSink();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  }
});
afterAll(() => sink.close());

async function service(environment: Record<string, string> = {}): Promise<string> {
  const child = fork(join(__dirname, 'traced-service.fixture.ts'), {
    execArgv: ['--require', join(__dirname, '../../../tooling/workspace/typescript.cjs')],
    env: { ...process.env, NODE_OPTIONS: '', ...sink.environment, ...environment },
  });
  children.push(child);
  const [message] = (await once(child, 'message')) as [{ url: string }];
  return message.url;
}

async function placeOrder(url: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"a":1}',
  });
  expect(answer.status).toBe(200);
  return answer.headers.get('x-trace-id') ?? '';
}

/** Spans of a whole order, see the tree below. */
const WHOLE = 12;

test('one order is one tree over HTTP, SQL, Redis and events, with no orphan', async () => {
  const traceId = await placeOrder(await service());
  const spans = await sink.waitForTrace(traceId, (arrived) => arrived.length >= WHOLE);
  expect(drawTree(spans)).toMatchInlineSnapshot(`
"orders: POST /orders
  orders: inventory.confirmHold
    inventory: PUT /holds/:holdId
      stampede: pg.query:SELECT postgres
  stampede: pg.query:BEGIN postgres
  stampede: pg.query:CREATE postgres
  stampede: pg.query:INSERT postgres
  stampede: pg.query:COMMIT postgres
  stampede: set
  orders: send stampede.orders
    notifications: process stampede.orders
      stampede: pg.query:SELECT postgres"
`);
  expect(orphansOf(spans)).toEqual([]);
});

test('spans tell what was done, never with which values', async () => {
  const spans = await sink.waitForTrace(await placeOrder(await service()), (arrived) => arrived.length >= WHOLE);
  const named = (name: string) => spans.find((span) => span.name === name);
  expect(named('PUT /holds/:holdId')?.attributes).toMatchObject({
    'stampede.service': 'inventory',
    'http.route': '/holds/:holdId',
    'url.path': '/holds/1',
    'http.response.status_code': 200,
  });
  expect(named('inventory.confirmHold')).toMatchObject({ kind: 'client', attributes: { 'peer.service': 'inventory' } });
  expect(named('process stampede.orders')).toMatchObject({
    kind: 'consumer',
    attributes: { 'messaging.message.id': 'e-1' },
  });
  const everything = JSON.stringify(spans);
  for (const secret of ['secret-value', '203.0.113.7', 'x=1']) expect(everything).not.toContain(secret);
});

test("a client's trace is continued, and its decision not to sample is kept", async () => {
  const url = await service();
  const theirs = '0af7651916cd43dd8448eb211c80319c';
  expect(await placeOrder(url, { traceparent: `00-${theirs}-b7ad6b7169203331-00` })).toBe(theirs);
  const sampled = '1af7651916cd43dd8448eb211c80319c';
  expect(await placeOrder(url, { traceparent: `00-${sampled}-b7ad6b7169203331-01` })).toBe(sampled);
  const spans = await sink.waitForTrace(sampled, (arrived) => arrived.length >= WHOLE);
  expect(orphansOf(spans, 'b7ad6b7169203331')).toEqual([]);
  // it came first, so it would be here by now
  expect(sink.spans().filter((span) => span.traceId === theirs)).toEqual([]);
});

test('work outside of a request makes no spans', () => {
  const roots = sink.spans().filter((span) => span.parentSpanId === undefined);
  expect(new Set(roots.map((span) => span.kind))).toEqual(new Set(['server']));
});

test('the standard variables name the process and choose what is sampled', async () => {
  const url = await service({
    OTEL_SERVICE_NAME: 'shop-of-test',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=lab',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.5',
  });
  const before = sink.spans().length;
  const asked = await Promise.all(Array.from({ length: 40 }, () => placeOrder(url)));
  const last = await placeOrder(url, { traceparent: `00-${'2af7651916cd43dd8448eb211c80319c'}-b7ad6b7169203331-01` });
  await sink.waitForTrace(last, (arrived) => arrived.length >= WHOLE);
  const spans = sink.spans().slice(before);
  const { TraceIdRatioBasedSampler } = await import('@opentelemetry/sdk-trace');
  const stock = new TraceIdRatioBasedSampler(0.5);
  const expected = asked.filter((traceId) => stock.shouldSample(undefined as never, traceId).decision > 0);
  const traced = new Set(spans.map((span) => span.traceId));
  traced.delete(last);
  expect([...traced].sort()).toEqual(expected.sort());
  expect(new Set(spans.map((span) => span.service))).toEqual(new Set(['shop-of-test']));
});

test.each([
  ['no endpoint is set', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ['the SDK is disabled', { OTEL_SDK_DISABLED: 'true' }],
  ['no exporter is wanted', { OTEL_TRACES_EXPORTER: 'none' }],
  ['the sampler is always_off', { OTEL_TRACES_SAMPLER: 'always_off' }],
])('where %s, trace ids are passed on and the SDK is not even loaded', async (_case, environment) => {
  const url = await service(environment);
  const before = sink.spans().length;
  const theirs = '3af7651916cd43dd8448eb211c80319c';
  expect(await placeOrder(url, { traceparent: `00-${theirs}-b7ad6b7169203331-01` })).toBe(theirs);
  expect(await placeOrder(url)).toMatch(/^[0-9a-f]{32}$/);
  expect(await (await fetch(`${url}/loaded`)).json()).toEqual({ sdk: false });
  expect(sink.spans()).toHaveLength(before);
});

test('a collector that is not there costs neither an answer nor the shutdown', async () => {
  const url = await service({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  expect(await placeOrder(url)).toMatch(/^[0-9a-f]{32}$/);
}); // afterEach waits for the end of the process
