import type { Metrics } from './metrics';

/** Pool of connections: how many there are, how many are free, how many callers wait for one. */
export function watchPool(
  metrics: Metrics,
  database: string,
  pool: { stats(): { total: number; idle: number; waiting: number } },
): void {
  metrics.readAll(() => {
    const { total, idle, waiting } = pool.stats();
    return [
      { key: 'poolConnections', labels: { database, state: 'total' }, value: total },
      { key: 'poolConnections', labels: { database, state: 'idle' }, value: idle },
      { key: 'poolWaiting', labels: { database }, value: waiting },
    ];
  });
}

/** Sagas that have not finished and the age of the oldest. */
export function watchSaga(
  metrics: Metrics,
  saga: string,
  runner: { stats(): Promise<{ open: number; oldestAgeMs: number }> },
): void {
  metrics.readAll(async () => {
    const { open, oldestAgeMs } = await runner.stats();
    return [
      { key: 'sagaOpen', labels: { saga }, value: open },
      { key: 'sagaOldestAge', labels: { saga }, value: oldestAgeMs / 1_000 },
    ];
  });
}

/** Events that the bus does not have yet and the age of the oldest. */
export function watchOutbox(
  metrics: Metrics,
  relay: { stats(): Promise<{ unpublished: number; oldestAgeMs: number }> },
): void {
  metrics.readAll(async () => {
    const { unpublished, oldestAgeMs } = await relay.stats();
    return [
      { key: 'outboxUnpublished', labels: {}, value: unpublished },
      { key: 'outboxOldestAge', labels: {}, value: oldestAgeMs / 1_000 },
    ];
  });
}

/** Events that wait for the event before them, over all consumers of the service. */
export function watchInbox(
  metrics: Metrics,
  parkedEvents: () => Promise<{ parked: number; oldestAgeMs: number }>,
): void {
  metrics.readAll(async () => {
    const { parked, oldestAgeMs } = await parkedEvents();
    return [
      { key: 'inboxParked', labels: {}, value: parked },
      { key: 'inboxOldestParked', labels: {}, value: oldestAgeMs / 1_000 },
    ];
  });
}

/** Events of the topic that the group has not handled yet. */
export function watchBusLag(
  metrics: Metrics,
  bus: { lag(topic: string, group: string): Promise<number> },
  topic: string,
  group: string,
): void {
  metrics.read('busLag', { topic, group }, () => bus.lag(topic, group));
}
