import { subscribe } from 'node:diagnostics_channel';
import { context } from '@opentelemetry/api';
import { anyMetrics, metricsOf, type Metrics } from './metrics';
import { CIRCUIT_STATES } from './names';
import { serviceOf } from './tracing';
import { TroubleLog, type Message } from './trouble-log';

/** A missing field is counted as `unknown` rather than lost. */
type Count = (metrics: Metrics, message: Message, name: string) => void;

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'unknown';
}

const resilience: Readonly<Record<string, Count>> = {
  breaker_state(metrics, message, name) {
    const entered = text(message['state']);
    showState(metrics, name, entered);
    metrics.count('breakerTransitions', { breaker: name, state: entered });
  },
  breaker_call(metrics, message, name) {
    showClosedAtFirst(metrics, name);
    metrics.count('breakerCalls', { breaker: name, result: text(message['result']) });
  },
  bulkhead_full: (metrics, message, name) =>
    metrics.count('bulkheadFull', { bulkhead: name, reason: text(message['reason']) }),
  retry: (metrics, _message, name) => metrics.count('retries', { policy: name }),
  retry_denied: (metrics, message, name) =>
    metrics.count('retriesDenied', { policy: name, reason: text(message['reason']) }),
  hedge: (metrics, _message, name) => metrics.count('hedges', { policy: name, outcome: 'sent' }),
  hedge_won: (metrics, _message, name) => metrics.count('hedges', { policy: name, outcome: 'won' }),
  shed: (metrics, message, name) =>
    metrics.count('shed', { shedder: name, priority: text(message['priority']), reason: text(message['reason']) }),
  limit: (metrics, message, name) => metrics.set('adaptiveLimit', { limit: name }, Number(message['limit'])),
  ejected: (metrics, _message, name) => metrics.count('ejections', { peer: name }),
  budget_spent: (metrics, _message, name) => metrics.count('budgetSpent', { policy: name }),
  unknown_outcome: (metrics, message, name) =>
    metrics.count('unknownOutcomes', { policy: name, reason: text(message['reason']) }),
};

const shown = new WeakMap<Metrics, Set<string>>();

function showState(metrics: Metrics, breaker: string, entered: string): void {
  for (const state of CIRCUIT_STATES) metrics.set('breakerState', { breaker, state }, state === entered ? 1 : 0);
  shown.set(metrics, (shown.get(metrics) ?? new Set()).add(breaker));
}

/** A circuit tells its state when it changes; until then it is closed. */
function showClosedAtFirst(metrics: Metrics, breaker: string): void {
  if (shown.get(metrics)?.has(breaker) !== true) showState(metrics, breaker, 'closed');
}

const outbox: Readonly<Record<string, Count>> = {
  published: (metrics, message) =>
    metrics.count('outboxPublished', { topic: text(message['topic']) }, Number(message['count'] ?? 1)),
  'publish-failed': (metrics) => metrics.count('outboxFailures', {}),
  applied: (metrics, message) => countDelivery(metrics, message, 'applied'),
  duplicate: (metrics, message) => countDelivery(metrics, message, 'duplicate'),
  parked: (metrics, message) => countDelivery(metrics, message, 'parked'),
};

function countDelivery(metrics: Metrics, message: Message, outcome: string): void {
  metrics.count('inbox', { consumer: text(message['consumer']), outcome });
}

const bus: Readonly<Record<string, Count>> = {
  retry: (metrics, message) =>
    metrics.count('busRetries', { topic: text(message['topic']), group: text(message['group']) }),
  'dead-letter': (metrics, message) =>
    metrics.count('deadLetters', { topic: text(message['topic']), group: text(message['group']) }),
};

const SAGA_STEP_OUTCOMES = [
  'done',
  'rejected',
  'unknown',
  'not-happened',
  'timed-out',
  'compensated',
  'failed',
] as const;

const saga: Readonly<Record<string, Count>> = {
  ...Object.fromEntries(SAGA_STEP_OUTCOMES.map((outcome) => [outcome, countStep(outcome)])),
  finished: (metrics, message, name) =>
    metrics.count('sagaFinished', { saga: name, outcome: text(message['outcome']) }),
  'taken-over': (metrics, _message, name) => metrics.count('sagaTakeovers', { saga: name }),
  'store-failed': (metrics, _message, name) => metrics.count('sagaStoreFailures', { saga: name }),
};

function countStep(outcome: string): Count {
  return (metrics, message, name) => metrics.count('sagaSteps', { saga: name, step: text(message['step']), outcome });
}

let listening = false;

/**
 * Counts what the libraries tell on `node:diagnostics_channel`, and logs what goes wrong in them: they know nothing of
 * metrics and logs. Idempotent.
 */
export function listenToChannels(troubles: TroubleLog = new TroubleLog()): void {
  if (listening) return;
  listening = true;
  listen('stampede:resilience', resilience, troubles);
  listen('stampede:outbox', outbox, troubles);
  listen('stampede:bus', bus, troubles);
  listen('stampede:saga', saga, troubles);
}

function listen(name: string, counts: Readonly<Record<string, Count>>, troubles: TroubleLog): void {
  subscribe(name, (published) => {
    const message = published as Message;
    const metrics = metricsFor(message);
    if (metrics === undefined) return;
    counts[text(message['kind'] ?? message['type'])]?.(metrics, message, text(message['name'] ?? message['saga']));
    troubles.tell(metrics.service, name, message);
  });
}

/**
 * The service in whose work the message was published; background work of a process with several counts for its
 * first.
 */
function metricsFor(message: Message): Metrics | undefined {
  const service = typeof message['service'] === 'string' ? message['service'] : serviceOf(context.active());
  return service === undefined ? anyMetrics() : metricsOf(service);
}
