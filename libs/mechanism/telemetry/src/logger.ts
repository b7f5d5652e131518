import { format } from 'node:util';
import { context, trace } from '@opentelemetry/api';
import { pino, type Bindings, type ChildLoggerOptions, type DestinationStream, type Logger } from 'pino';
import { scrub } from './scrub';

/**
 * The fields that may be logged. Whatever is not here is dropped, so that a body, a header or a buyer cannot get in
 * by accident.
 */
export const LOG_FIELDS = [
  ...[
    'service',
    'instance',
    'replica',
    'version',
    'component',
    'event',
    'context',
    'signal',
    'phase',
    'reason',
    'state',
    'outcome',
  ],
  ...[
    'method',
    'route',
    'status',
    'code',
    'durationMs',
    'ageMs',
    'delayMs',
    'retryAfterMs',
    'budgetMs',
    'timeoutMs',
    'attempt',
    'count',
  ],
  ...['peer', 'operation', 'address', 'port', 'url', 'database', 'migration', 'shard', 'worker'],
  ...[
    'saga',
    'step',
    'orderId',
    'holdId',
    'eventId',
    'subject',
    'sequence',
    'type',
    'topic',
    'group',
    'consumer',
    'partition',
    'offset',
    'lag',
  ],
  ...['breaker', 'policy', 'limit', 'quota', 'invariant', 'variables'],
] as const;
export type LogField = (typeof LOG_FIELDS)[number];

const allowed: ReadonlySet<string> = new Set(LOG_FIELDS);
const ERROR_FIELDS = ['err', 'error'];
const LONGEST_CAUSE_CHAIN = 3;

/**
 * One JSON line per entry on stdout, with `trace_id` and `span_id` of the work it belongs to. Fields outside
 * `LOG_FIELDS` are dropped, and texts (message, error, stack) lose what looks like a token, an address or a card. The
 * level is a pino level.
 */
export function logger(service: string, options: { level?: string; destination?: DestinationStream } = {}): Logger {
  const configuration = {
    level: options.level ?? 'info',
    base: { service },
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    mixin: traceFields,
    formatters: { level: (level: string) => ({ level }), log: permitted },
    hooks: { logMethod: scrubMessage },
    serializers: { err: (value: unknown) => value }, // permitted() has made it already
  };
  return guarded(options.destination === undefined ? pino(configuration) : pino(configuration, options.destination));
}

/**
 * pino writes what is bound to a child as it comes. Children inherit this, whatever their depth; they may set their
 * level and nothing else.
 */
function guarded(log: Logger): Logger {
  const { child, setBindings } = log;
  log.child = function childOf(this: Logger, bindings: Bindings, options?: ChildLoggerOptions) {
    return child.call(this, permitted(bindings), options?.level === undefined ? {} : { level: options.level });
  } as Logger['child'];
  log.setBindings = function bind(this: Logger, bindings: Bindings) {
    setBindings.call(this, permitted(bindings));
  };
  return log;
}

function traceFields(): Record<string, string> {
  const place = trace.getSpanContext(context.active());
  return place === undefined ? {} : { trace_id: place.traceId, span_id: place.spanId };
}

function permitted(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (ERROR_FIELDS.includes(name)) kept['err'] = describeError(value);
    else if (name === 'trace_id' || name === 'span_id') kept[name] = value;
    else if (allowed.has(name)) keep(kept, name, value);
  }
  return kept;
}

/** Numbers, booleans, texts and lists of texts: nothing in which something else could hide. */
function keep(kept: Record<string, unknown>, name: string, value: unknown): void {
  if (typeof value === 'string') kept[name] = scrub(name === 'url' ? withoutQuery(value) : value);
  else if (typeof value === 'number' || typeof value === 'boolean') kept[name] = value;
  else if (Array.isArray(value)) kept[name] = value.filter((item) => typeof item === 'string').map(scrub);
}

function withoutQuery(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function describeError(error: unknown, depth = 1): unknown {
  if (!(error instanceof Error)) return { type: typeof error, message: scrub(String(error)) };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: scrub(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: scrub(error.stack) }),
    ...(error.cause !== undefined && depth < LONGEST_CAUSE_CHAIN
      ? { cause: describeError(error.cause, depth + 1) }
      : {}),
  };
}

/**
 * pino's own handling would put an error's fields or a formatted object into the line as they are; texts and numbers
 * fill a format, objects do not.
 */
function scrubMessage(this: Logger, args: Parameters<Logger['info']>, method: (...args: unknown[]) => void): void {
  const [first, ...rest] = args as unknown[];
  if (typeof first === 'string') return method.apply(this, [messageOf([first, ...rest])]);
  const fields = first instanceof Error ? { err: first } : first;
  if (rest.length === 0 && first instanceof Error) rest.push(first.message);
  method.apply(this, rest.length === 0 ? [fields] : [fields, messageOf(rest)]);
}

function messageOf(parts: readonly unknown[]): string {
  const harmless = parts.filter((part) => typeof part === 'string' || typeof part === 'number');
  return scrub(format(...harmless));
}
