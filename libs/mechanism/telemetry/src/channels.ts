import { subscribe } from 'node:diagnostics_channel';
import { context } from '@opentelemetry/api';
import { anyMetrics, metricsOf, type Metrics } from './metrics';
import { CIRCUIT_STATES } from './names';
import { serviceOf } from './tracing';

/** A message of a library: fields are read by name, and a missing one is counted as `unknown` rather than lost. */
type Message = Readonly<Record<string, unknown>>;
type Count = (metrics: Metrics, message: Message, name: string) => void;

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'unknown';
}

function seconds(ms: unknown): number {
  return typeof ms === 'number' ? ms / 1_000 : Number.NaN;
}

const resilience: Readonly<Record<string, Count>> = {
  breaker_state: (metrics, message, name) => {
    const entered = text(message['state']);
    for (const state of CIRCUIT_STATES) metrics.set('breakerState', { breaker: name, state }, state === entered ? 1 : 0);
    metrics.count('breakerTransitions', { breaker: name, state: entered });
  },
  breaker_call: (metrics, message, name) => metrics.count('breakerCalls', { breaker: name, result: text(message['result']) }),
  bulkhead_full: (metrics, message, name) => metrics.count('bulkheadFull', { bulkhead: name, reason: text(message['reason']) }),
  retry: (metrics, _message, name) => metrics.count('retries', { policy: name }),
  retry_denied: (metrics, message, name) => metrics.count('retriesDenied', { policy: name, reason: text(message['reason']) }),
  hedge: (metrics, _message, name) => metrics.count('hedges', { policy: name, outcome: 'sent' }),
  hedge_won: (metrics, _message, name) => metrics.count('hedges', { policy: name, outcome: 'won' }),
  shed: (metrics, message, name) =>
    metrics.count('shed', { shedder: name, priority: text(message['priority']), reason: text(message['reason']) }),
  limit: (metrics, message, name) => metrics.set('adaptiveLimit', { limit: name }, Number(message['limit'])),
  ejected: (metrics, _message, name) => metrics.count('ejections', { peer: name }),
  budget_spent: (metrics, _message, name) => metrics.count('budgetSpent', { policy: name }),
  unknown_outcome: (metrics, message, name) => metrics.count('unknownOutcomes', { policy: name, reason: text(message['reason']) }),
};

const outbox: Readonly<Record<string, Count>> = {
  published: (metrics, message) => metrics.count('outboxPublished', { topic: text(message['topic']) }, Number(message['count'] ?? 1)),
  'publish-failed': (metrics) => metrics.count('outboxFailures', {}),
  applied: (metrics, message) => countDelivery(metrics, message, 'applied'),
  duplicate: (metrics, message) => countDelivery(metrics, message, 'duplicate'),
  parked: (metrics, message) => countDelivery(metrics, message, 'parked'),
};

function countDelivery(metrics: Metrics, message: Message, outcome: string): void {
  metrics.count('inbox', { consumer: text(message['consumer']), outcome });
}

const bus: Readonly<Record<string, Count>> = {
  retry: (metrics, message) => metrics.count('busRetries', { topic: text(message['topic']), group: text(message['group']) }),
  'dead-letter': (metrics, message) => metrics.count('deadLetters', { topic: text(message['topic']), group: text(message['group']) }),
};

const saga: Readonly<Record<string, Count>> = {
  step: (metrics, message, name) =>
    metrics.count('sagaSteps', { saga: name, step: text(message['step']), outcome: text(message['outcome']) }),
  finished: (metrics, message, name) => {
    const labels = { saga: name, outcome: text(message['outcome']) };
    metrics.count('sagaFinished', labels);
    const duration = seconds(message['ageMs'] ?? message['durationMs']);
    if (!Number.isNaN(duration)) metrics.observe('sagaDuration', labels, duration);
  },
};

let listening = false;

/** Counts what the libraries tell on `node:diagnostics_channel`: they know nothing of metrics. Idempotent. */
export function listenToChannels(): void {
  if (listening) return;
  listening = true;
  listen('stampede:resilience', resilience);
  listen('stampede:outbox', outbox);
  listen('stampede:bus', bus);
  listen('stampede:saga', saga);
}

function listen(name: string, counts: Readonly<Record<string, Count>>): void {
  subscribe(name, (published) => {
    const message = published as Message;
    const metrics = metricsFor(message);
    if (metrics === undefined) return;
    counts[text(message['kind'] ?? message['type'])]?.(metrics, message, text(message['name'] ?? message['saga']));
  });
}

/** The service in whose work the message was published; background work of a process with several counts for its first. */
function metricsFor(message: Message): Metrics | undefined {
  const service = typeof message['service'] === 'string' ? message['service'] : serviceOf(context.active());
  return service === undefined ? anyMetrics() : metricsOf(service);
}
