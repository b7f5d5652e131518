/**
 * Every metric, label, bucket and span name of the shop; nothing else makes one. Times in seconds and sizes in bytes,
 * as Prometheus asks.
 */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, for histograms. */
  readonly buckets?: readonly number[];
}

/**
 * From a cached read to the longest wait that `Prefer: wait` allows, with a bound at each limit that an SLO may name.
 */
const REQUEST_SECONDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8] as const;
/** A scavenge takes a millisecond, a full collection of a service's heap tens. */
const GC_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25] as const;

function counter<const L extends readonly string[]>(name: string, help: string, labels: L) {
  return { kind: 'counter', name, help, labels } as const;
}

function gauge<const L extends readonly string[]>(name: string, help: string, labels: L) {
  return { kind: 'gauge', name, help, labels } as const;
}

function histogram<const L extends readonly string[]>(
  name: string,
  help: string,
  labels: L,
  buckets: readonly number[],
) {
  return { kind: 'histogram', name, help, labels, buckets } as const;
}

export const metricDefinitions = {
  // RED: what is asked of us, and what we ask of others
  httpServerDuration: histogram(
    'http_server_request_duration_seconds',
    'Time from the request line to the last byte of the answer; status 499 when the client left first',
    ['route', 'method', 'status'],
    REQUEST_SECONDS,
  ),
  peerCallDuration: histogram(
    'peer_call_duration_seconds',
    'Time of one attempt at a peer; outcome is the HTTP status or the problem code of a call that got no answer',
    ['peer', 'operation', 'outcome'],
    REQUEST_SECONDS,
  ),
  eventHandlingDuration: histogram(
    'event_handling_duration_seconds',
    'Time to handle one delivery of an event; outcome is applied or failed',
    ['topic', 'group', 'outcome'],
    REQUEST_SECONDS,
  ),
  // USE: the runtime and the pool
  eventLoopDelay: gauge(
    'nodejs_eventloop_delay_seconds',
    'Delay of timers over the last 10 to 20 s, by quantile; 1 is the longest',
    ['quantile'],
  ),
  eventLoopUtilisation: gauge(
    'nodejs_eventloop_utilisation_ratio',
    'Busy share of the event loop since the last scrape, 0 to 1',
    [],
  ),
  gcDuration: histogram('nodejs_gc_duration_seconds', 'Pauses for garbage collection', ['collector'], GC_SECONDS),
  cpu: counter('process_cpu_seconds_total', 'CPU of the process, user and system', ['mode']),
  residentMemory: gauge('process_resident_memory_bytes', 'Resident set', []),
  heap: gauge('nodejs_heap_bytes', 'JavaScript heap by state: used or total', ['state']),
  startTime: gauge('process_start_time_seconds', 'When the process started, Unix time', []),
  poolConnections: gauge('db_pool_connections', 'Connections of the pool by state: total or idle', [
    'database',
    'state',
  ]),
  poolWaiting: gauge('db_pool_waiting', 'Callers that wait for a connection', ['database']),
  // the shop
  holds: counter(
    'stampede_holds_total',
    'Holds by outcome: held, or the problem code of a refusal; released and expired ones too',
    ['outcome'],
  ),
  orders: counter('stampede_orders_total', 'Orders by the state they entered', ['state']),
  captures: counter('stampede_captures_total', 'Captures and refunds at the payment provider, by outcome', [
    'operation',
    'outcome',
  ]),
  checkedTotals: counter(
    'stampede_checked_totals_total',
    'Quotes that were compared with what they are made of, by the version of pricing that made them',
    ['pricing_version'],
  ),
  wrongTotals: counter('stampede_wrong_totals_total', 'Of these, quotes that were wrong; nothing was sold by them', [
    'pricing_version',
  ]),
  rateLimited: counter('stampede_rate_limited_total', 'Requests answered 429, by quota', ['quota']),
  // sagas
  sagaOpen: gauge('stampede_saga_open', 'Sagas that have not finished', ['saga']),
  sagaOldestAge: gauge('stampede_saga_oldest_age_seconds', 'Age of the oldest saga that has not finished', ['saga']),
  sagaSteps: counter(
    'stampede_saga_steps_total',
    'Steps by outcome: done, rejected, unknown, not-happened, timed-out, compensated, failed',
    ['saga', 'step', 'outcome'],
  ),
  sagaTakeovers: counter('stampede_saga_takeovers_total', 'Sagas resumed after their worker was lost', ['saga']),
  sagaStoreFailures: counter(
    'stampede_saga_store_failures_total',
    'Times that the sagas could not be read or written',
    ['saga'],
  ),
  sagaFinished: counter('stampede_sagas_finished_total', 'Finished sagas by outcome: completed or compensated', [
    'saga',
    'outcome',
  ]),
  // resilience, by the name of the policy: the dependency it guards
  breakerState: gauge('stampede_breaker_state', '1 for the state the circuit is in: closed, half-open or open', [
    'breaker',
    'state',
  ]),
  breakerTransitions: counter('stampede_breaker_transitions_total', 'Changes of a circuit, by the state entered', [
    'breaker',
    'state',
  ]),
  breakerCalls: counter(
    'stampede_breaker_calls_total',
    'Calls through a circuit: success, failure, rejected, cancelled',
    ['breaker', 'result'],
  ),
  bulkheadFull: counter('stampede_bulkhead_full_total', 'Calls refused by a bulkhead', ['bulkhead', 'reason']),
  retries: counter('stampede_retries_total', 'Second and later attempts', ['policy']),
  retriesDenied: counter('stampede_retries_denied_total', 'Attempts not made, by reason', ['policy', 'reason']),
  hedges: counter('stampede_hedges_total', 'Hedged attempts by outcome: sent or won', ['policy', 'outcome']),
  shed: counter('stampede_shed_total', 'Requests shed, by priority and reason', ['shedder', 'priority', 'reason']),
  adaptiveLimit: gauge('stampede_adaptive_limit', 'Requests in flight that the adaptive limit allows', ['limit']),
  ejections: counter('stampede_ejections_total', 'Replicas of a peer taken out of the balancing', ['peer']),
  budgetSpent: counter('stampede_budget_spent_total', 'Work dropped because its budget was spent', ['policy']),
  unknownOutcomes: counter('stampede_unknown_outcomes_total', 'Calls of which nobody knows whether they took effect', [
    'policy',
    'reason',
  ]),
  // events
  outboxUnpublished: gauge('stampede_outbox_unpublished', 'Events that the bus does not have yet', []),
  outboxOldestAge: gauge(
    'stampede_outbox_oldest_age_seconds',
    'Age of the oldest event that the bus does not have yet',
    [],
  ),
  outboxPublished: counter('stampede_outbox_published_total', 'Events handed to the bus', ['topic']),
  outboxFailures: counter('stampede_outbox_publish_failures_total', 'Attempts to publish that failed', []),
  inbox: counter('stampede_inbox_events_total', 'Deliveries by outcome: applied, duplicate or parked', [
    'consumer',
    'outcome',
  ]),
  inboxParked: gauge('stampede_inbox_parked', 'Events that wait for the event before them', []),
  inboxOldestParked: gauge(
    'stampede_inbox_oldest_parked_age_seconds',
    'For how long the oldest parked event has waited: minutes mean that the event before it is lost',
    [],
  ),
  busLag: gauge('stampede_bus_lag', 'Events that a consumer group has not handled yet', ['topic', 'group']),
  busRetries: counter('stampede_bus_retries_total', 'Deliveries that will be tried again', ['topic', 'group']),
  deadLetters: counter('stampede_bus_dead_letters_total', 'Events given up', ['topic', 'group']),
} as const satisfies Record<string, MetricDefinition>;

export type MetricKey = keyof typeof metricDefinitions;
export type MetricOfKind<K extends MetricDefinition['kind']> = {
  [M in MetricKey]: (typeof metricDefinitions)[M]['kind'] extends K ? M : never;
}[MetricKey];
/** The labels of a metric: all of them, none other. */
export type LabelsOf<M extends MetricKey> = Record<(typeof metricDefinitions)[M]['labels'][number], string | number>;

export const CIRCUIT_STATES = ['closed', 'half-open', 'open'] as const;
/** Status of a request whose client left before the answer. */
export const CLIENT_LEFT_STATUS = 499;
/** Route of a request that no route takes: never the path, which a client may vary without end. */
export const UNMATCHED_ROUTE = 'unmatched';

export const spanNames = {
  server: (method: string, route: string): string => `${method} ${route}`,
  client: (method: string, peer: string, operation: string | undefined): string =>
    operation === undefined ? `${method} ${peer}` : `${peer}.${operation}`,
  sql: (text: string, database: string | undefined): string => `pg.query:${sqlVerb(text)} ${database ?? ''}`.trimEnd(),
  send: (topic: string): string => `send ${topic}`,
  process: (topic: string): string => `process ${topic}`,
};

/** What a statement does: behind `with`, its first change, or it is a select. */
function sqlVerb(text: string): string {
  const first = /^[\s(]*([a-z]+)/i.exec(text)?.[1]?.toUpperCase() ?? 'SQL';
  if (first !== 'WITH') return first;
  return /\b(insert|update|delete|merge)\b/i.exec(text)?.[1]?.toUpperCase() ?? 'SELECT';
}

/** OpenTelemetry's semantic conventions, and our own with the prefix `stampede.` */
export const attributes = {
  service: 'stampede.service',
  subject: 'stampede.subject',
  method: 'http.request.method',
  route: 'http.route',
  path: 'url.path',
  status: 'http.response.status_code',
  peer: 'peer.service',
  operation: 'stampede.operation',
  address: 'server.address',
  port: 'server.port',
  errorType: 'error.type',
  messagingSystem: 'messaging.system',
  topic: 'messaging.destination.name',
  messagingOperation: 'messaging.operation.type',
  messageId: 'messaging.message.id',
  consumerGroup: 'messaging.consumer.group.name',
  eventType: 'cloudevents.event_type',
} as const;
