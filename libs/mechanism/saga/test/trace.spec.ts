import { context, createContextKey, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { TracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { migrate, uuidv7 } from '@stampede/db';
import { type TestDatabase, testDatabase } from '@stampede/db/testing';
import { SagaRunner, saga, sagaMigration, step } from '../src';

const exporter = new InMemorySpanExporter();
let db: TestDatabase;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  db = await testDatabase('saga_trace');
  await migrate(db.database, [sagaMigration]);
});
afterAll(() => db.drop());

test('the steps belong to the trace of the request that started the saga, even on another replica', async () => {
  const tracer = trace.getTracer('spec');
  const definition = saga<object>('order', [
    step('hold', { run: async () => tracer.startSpan('call to inventory').end() }),
    step('capture', { run: async () => ({}) }),
  ]);
  const options = { workerId: 'w', deadlineMs: 60_000 };
  const [asked, other] = [
    new SagaRunner(db.database, definition, options),
    new SagaRunner(db.database, definition, options),
  ];
  const request = tracer.startSpan('POST /orders');
  await context.with(trace.setSpan(context.active(), request), () =>
    db.database.transaction((tx) => asked.start(tx, uuidv7(), {})),
  );
  request.end();
  await other.drain();
  const spans = exporter.getFinishedSpans();
  const idOf = (name: string) => spans.find((span) => span.name === name)!.spanContext().spanId;
  const tree = spans.map((span) => [span.name, span.parentSpanContext?.spanId ?? null]);
  expect(tree).toEqual([
    ['POST /orders', null],
    ['call to inventory', idOf('order hold')],
    ['order hold', idOf('POST /orders')],
    ['order capture', idOf('POST /orders')],
  ]);
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
});

test('a runner started inside of a request works outside of its trace, but keeps whose work it is', async () => {
  const service = createContextKey('service');
  const seen = Promise.withResolvers<{ span: unknown; service: unknown }>();
  const runner = new SagaRunner(
    db.database,
    saga<object>('detached', [
      step('look', {
        run: async () =>
          seen.resolve({ span: trace.getSpan(context.active()), service: context.active().getValue(service) }),
      }),
    ]),
    { workerId: 'w', deadlineMs: 60_000 },
  );
  await db.database.transaction((tx) => runner.start(tx, uuidv7(), {}));
  const request = trace.getTracer('spec').startSpan('a request');
  context.with(trace.setSpan(context.active().setValue(service, 'orders'), request), () => runner.run());
  expect(await seen.promise).toEqual({ span: undefined, service: 'orders' });
  await runner.stop();
});
