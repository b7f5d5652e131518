import { channel } from 'node:diagnostics_channel';
import { context } from '@opentelemetry/api';
import { listenToChannels } from './channels';
import { logger } from './logger';
import { metricsOf } from './metrics';
import { baseContext, startPropagation } from './tracing';
import { TroubleLog } from './trouble-log';

let nowMs = 0;
const written: Record<string, unknown>[] = [];
const destination = { write: (line: string) => void written.push(JSON.parse(line) as Record<string, unknown>) };

beforeAll(() => {
  startPropagation();
  metricsOf('orders');
  listenToChannels(
    new TroubleLog(
      (service) => logger(service, { destination }),
      () => nowMs,
    ),
  );
});
beforeEach(() => {
  nowMs += 60_000;
  written.length = 0;
});

const tell = (name: string, message: object) =>
  context.with(baseContext('orders'), () => channel(`stampede:${name}`).publish(message));
const stepFailed = (step: string, error: unknown) =>
  tell('saga', { saga: 'order', kind: 'failed', step, attempt: 3, retryInMs: 250, error });

test('an error that a step of a saga throws reaches the log, with its stack', () => {
  stepFailed('capture', new TypeError('total is not a function'));
  expect(written).toEqual([
    {
      level: 'warn',
      time: expect.any(String),
      service: 'orders',
      message: 'a step of a saga failed',
      saga: 'order',
      step: 'capture',
      attempt: 3,
      delayMs: 250,
      err: { type: 'TypeError', message: 'total is not a function', stack: expect.stringContaining(__filename) },
    },
  ]);
});

test('the same trouble is said once in ten seconds, and then how often; another place speaks for itself', () => {
  for (let time = 0; time < 5; time += 1) stepFailed('capture', new Error('down'));
  stepFailed('claim', new Error('down'));
  expect(written.map(({ step, count }) => [step, count])).toEqual([
    ['capture', undefined],
    ['claim', undefined],
  ]);
  nowMs += 10_000;
  stepFailed('capture', new Error('down'));
  expect(written[2]).toMatchObject({ step: 'capture', count: 5 });
});

test('every dead letter is said', () => {
  for (const offset of ['7', '8'])
    tell('bus', { kind: 'dead-letter', topic: 't', group: 'g', partition: 1, offset, error: new Error('no') });
  expect(written).toMatchObject([
    { message: 'an event is a dead letter', topic: 't', group: 'g', partition: 1, offset: '7' },
    { offset: '8', err: { message: 'no' } },
  ]);
});

test.each([
  ['saga', { kind: 'store-failed', saga: 'order', error: new Error('no database') }],
  ['saga', { kind: 'lease-lost', saga: 'order' }],
  ['outbox', { kind: 'publish-failed', error: new Error('no bus'), retryInMs: 100 }],
  ['bus', { kind: 'retry', topic: 't', group: 'g', failures: 1, delayMs: 5, error: new Error('no') }],
  ['bus', { kind: 'back-end-lost', topic: 't', group: 'g', error: new Error('no bus') }],
])('%s %j is logged', (name, message) => {
  tell(name, message);
  expect(written).toHaveLength(1);
  expect(written[0]?.['err'] !== undefined).toBe('error' in message);
});

test.each([
  ['saga', { kind: 'done', saga: 'order', step: 'claim' }],
  ['outbox', { kind: 'published', topic: 't', count: 1 }],
  ['resilience', { type: 'retry', name: 'payments' }],
])('%s %j is nothing to log', (name, message) => {
  tell(name, message);
  expect(written).toEqual([]);
});
