import { context, trace } from '@opentelemetry/api';
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
