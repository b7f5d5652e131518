import { channel } from 'node:diagnostics_channel';
import { context } from '@opentelemetry/api';
import { listenToChannels } from './channels';
import { Metrics, metricsOf } from './metrics';
import { metricDefinitions } from './names';
import { watchBusLag, watchInbox, watchOutbox, watchPool, watchSaga } from './watch';
import { addRuntimeMetrics } from './runtime-metrics';
import { baseContext, startPropagation } from './tracing';

/** Series without buckets; their labels in alphabetical order, for the library's depends on the kind of metric. */
const series = async (metrics: Metrics) =>
  (await metrics.render())
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('_bucket'))
    .map((line) => line.replace(/\{(.*)\}/, (_braces, labels: string) => `{${labels.split(',').sort().join(',')}}`));

test('names follow the conventions: no name twice, totals for counters, seconds for times', () => {
  const definitions = Object.values(metricDefinitions);
  expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
  for (const { kind, name } of definitions) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
  }
});

test('each service counts in a registry of its own', async () => {
  metricsOf('orders').count('orders', { state: 'confirmed' });
  metricsOf('orders').count('orders', { state: 'confirmed' }, 2);
  expect(await series(metricsOf('orders'))).toContain('stampede_orders_total{service="orders",state="confirmed"} 3');
  expect((await series(metricsOf('billing'))).join()).not.toContain('stampede_orders_total');
});

test('a gauge that is read at the scrape is left out when it cannot be read', async () => {
  const metrics = new Metrics('orders');
  let waiting = 3;
  metrics.read('poolWaiting', { database: 'orders' }, () => waiting);
  metrics.read('busLag', { topic: 't', group: 'g' }, async () => Promise.reject(new Error('the bus is away')));
  expect(await series(metrics)).toEqual(['db_pool_waiting{database="orders",service="orders"} 3']);
  waiting = 0;
  expect(await series(metrics)).toEqual(['db_pool_waiting{database="orders",service="orders"} 0']);
});

test('pool, sagas, outbox and lag are shown from what their libraries tell', async () => {
  const metrics = new Metrics('orders');
  watchPool(metrics, 'orders', { stats: () => ({ total: 5, idle: 2, waiting: 1 }) });
  watchSaga(metrics, 'order', { stats: async () => ({ open: 4, oldestAgeMs: 1_500 }) });
  watchOutbox(metrics, { stats: async () => ({ unpublished: 7, oldestAgeMs: 250 }) });
  watchInbox(metrics, async () => ({ parked: 2, oldestAgeMs: 3_000 }));
  watchBusLag(metrics, { lag: async () => 9 }, 't', 'g');
  expect((await series(metrics)).sort()).toEqual([
    'db_pool_connections{database="orders",service="orders",state="idle"} 2',
    'db_pool_connections{database="orders",service="orders",state="total"} 5',
    'db_pool_waiting{database="orders",service="orders"} 1',
    'stampede_bus_lag{group="g",service="orders",topic="t"} 9',
    'stampede_inbox_oldest_parked_age_seconds{service="orders"} 3',
    'stampede_inbox_parked{service="orders"} 2',
    'stampede_outbox_oldest_age_seconds{service="orders"} 0.25',
    'stampede_outbox_unpublished{service="orders"} 7',
    'stampede_saga_oldest_age_seconds{saga="order",service="orders"} 1.5',
    'stampede_saga_open{saga="order",service="orders"} 4',
  ]);
});

test('a reading that hangs holds up no scrape, and its last value is not repeated', async () => {
  const metrics = new Metrics('orders');
  let hangs = false;
  metrics.read('sagaOpen', { saga: 'order' }, () => (hangs ? new Promise<number>(() => undefined) : 4));
  expect(await series(metrics)).toHaveLength(1);
  hangs = true;
  jest.useFakeTimers();
  const scraped = series(metrics);
  await jest.advanceTimersByTimeAsync(1_000);
  jest.useRealTimers();
  expect(await scraped).toEqual([]);
});

test('the runtime shows event loop, memory, processor and collections', async () => {
  const metrics = new Metrics('orders');
  addRuntimeMetrics(metrics);
  let values = new Map<string, string>();
  const value = (name: string) => Number(values.get(name));
  do {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 80); // the sin that the gauge is for
    await new Promise((resolve) => setTimeout(resolve, 20)); // the monitor looks
    values = new Map((await series(metrics)).map((line) => line.split(/ (?=\S+$)/) as [string, string]));
  } while (!(value('nodejs_eventloop_delay_seconds{quantile="1",service="orders"}') > 0.03));
  expect(value('nodejs_eventloop_utilisation_ratio{service="orders"}')).toBeLessThanOrEqual(1);
  expect(value('process_cpu_seconds_total{mode="user",service="orders"}')).toBeGreaterThan(0);
  expect(value('process_resident_memory_bytes{service="orders"}')).toBeGreaterThan(10_000_000);
  expect(value('process_start_time_seconds{service="orders"}') * 1_000).toBeLessThan(Date.now());
});

describe('what the libraries tell', () => {
  beforeAll(() => {
    startPropagation();
    listenToChannels();
    listenToChannels(); // a second call must not count twice
  });
  const tell = (name: string, message: object) =>
    context.with(baseContext('payments'), () => channel(`stampede:${name}`).publish(message));

  test.each([
    [
      'resilience',
      { type: 'breaker_call', name: 'provider', result: 'rejected' },
      'stampede_breaker_calls_total{breaker="provider",result="rejected",service="payments"} 1',
    ],
    [
      'resilience',
      { type: 'bulkhead_full', name: 'provider', reason: 'queue' },
      'stampede_bulkhead_full_total{bulkhead="provider",reason="queue",service="payments"} 1',
    ],
    [
      'resilience',
      { type: 'retry', name: 'provider', attempt: 2, delayMs: 5 },
      'stampede_retries_total{policy="provider",service="payments"} 1',
    ],
    [
      'resilience',
      { type: 'shed', name: 'edge', priority: 'sheddable', reason: 'delay' },
      'stampede_shed_total{priority="sheddable",reason="delay",service="payments",shedder="edge"} 1',
    ],
    [
      'resilience',
      { type: 'limit', name: 'edge', limit: 17 },
      'stampede_adaptive_limit{limit="edge",service="payments"} 17',
    ],
    [
      'resilience',
      { type: 'ejected', name: 'inventory', address: 'x', forMs: 1 },
      'stampede_ejections_total{peer="inventory",service="payments"} 1',
    ],
    [
      'outbox',
      { kind: 'published', topic: 't', count: 5, oldestAgeMs: 3 },
      'stampede_outbox_published_total{service="payments",topic="t"} 5',
    ],
    [
      'outbox',
      { kind: 'duplicate', consumer: 'billing', type: 'placed' },
      'stampede_inbox_events_total{consumer="billing",outcome="duplicate",service="payments"} 1',
    ],
    [
      'bus',
      { kind: 'dead-letter', topic: 't', group: 'g', partition: 1, offset: '3' },
      'stampede_bus_dead_letters_total{group="g",service="payments",topic="t"} 1',
    ],
  ])('%s %j is counted for the service in whose work it happened', async (name, message, expected) => {
    tell(name, message);
    expect(await series(metricsOf('payments'))).toContain(expected);
  });

  test.each([
    [
      { kind: 'timed-out', saga: 'order', step: 'capture' },
      'stampede_saga_steps_total{outcome="timed-out",saga="order",service="payments",step="capture"} 1',
    ],
    [
      { kind: 'finished', saga: 'order', outcome: 'compensated' },
      'stampede_sagas_finished_total{outcome="compensated",saga="order",service="payments"} 1',
    ],
    [{ kind: 'taken-over', saga: 'order' }, 'stampede_saga_takeovers_total{saga="order",service="payments"} 1'],
  ])('a saga that tells %j is counted', async (message, expected) => {
    tell('saga', message);
    expect(await series(metricsOf('payments'))).toContain(expected);
  });

  test('a circuit that never changed is closed', async () => {
    tell('resilience', { type: 'breaker_call', name: 'quiet', result: 'success' });
    expect(await series(metricsOf('payments'))).toContain(
      'stampede_breaker_state{breaker="quiet",service="payments",state="closed"} 1',
    );
  });

  test('a circuit is in one state at a time', async () => {
    tell('resilience', { type: 'breaker_state', name: 'provider', from: 'closed', state: 'open' });
    tell('resilience', { type: 'breaker_state', name: 'provider', from: 'open', state: 'half-open' });
    expect(
      (await series(metricsOf('payments'))).filter((line) =>
        line.startsWith('stampede_breaker_state{breaker="provider"'),
      ),
    ).toEqual([
      'stampede_breaker_state{breaker="provider",service="payments",state="closed"} 0',
      'stampede_breaker_state{breaker="provider",service="payments",state="half-open"} 1',
      'stampede_breaker_state{breaker="provider",service="payments",state="open"} 0',
    ]);
  });

  test('a message that nobody knows is ignored', () => {
    expect(() => tell('resilience', { type: 'of a later version' })).not.toThrow();
    expect(() => channel('stampede:outbox').publish({})).not.toThrow();
  });
});
