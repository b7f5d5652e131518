import {
  SpanKind,
  SpanStatusCode,
  context,
  isSpanContextValid,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import { attributes, spanNames } from './names';
import { formatTraceparent, parseTraceparent } from './traceparent';
import { baseContext, sampling, tracerOf } from './tracing';

/** What tracing needs of a CloudEvent. */
export interface TracedEvent {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly traceparent?: string | null | undefined;
}

/** The active trace as a `traceparent`, or undefined outside of any. */
export function activeTraceparent(where: Context = context.active()): string | undefined {
  const place = trace.getSpanContext(where);
  return place !== undefined && isSpanContextValid(place) ? formatTraceparent(place) : undefined;
}

/** The id that answers carry in `x-trace-id`. */
export function activeTraceId(): string | undefined {
  return trace.getSpanContext(context.active())?.traceId;
}

/**
 * Publishes events in a producer span each, of the trace that each event carries; its consumers continue in that span.
 * What has no sampled trace goes as it is.
 */
export async function inSendSpans<E extends TracedEvent>(
  service: string,
  topic: string,
  events: readonly E[],
  publish: (events: readonly E[]) => Promise<void>,
): Promise<void> {
  if (!sampling().possible) return publish(events);
  const spans = new Map<E, Span>();
  for (const event of events) {
    const span = startSendSpan(service, topic, event);
    if (span !== undefined) spans.set(event, span);
  }
  const sent = events.map((event) => {
    const span = spans.get(event);
    return span === undefined ? event : { ...event, traceparent: formatTraceparent(span.spanContext()) };
  });
  try {
    await publish(sent);
  } catch (error) {
    for (const span of spans.values()) fail(span, error);
    throw error;
  } finally {
    for (const span of spans.values()) span.end();
  }
}

function startSendSpan(service: string, topic: string, event: TracedEvent): Span | undefined {
  const parent = parseTraceparent(event.traceparent);
  if (parent === undefined || !sampling().decide(parent.traceId, parent)) return undefined;
  const outer = trace.setSpanContext(baseContext(service), parent);
  return tracerOf(service).startSpan(
    spanNames.send(topic),
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        [attributes.service]: service,
        [attributes.messagingSystem]: 'stampede',
        [attributes.messagingOperation]: 'send',
        ...eventAttributes(topic, event),
      },
    },
    outer,
  );
}

function eventAttributes(topic: string, event: TracedEvent) {
  return {
    [attributes.topic]: topic,
    [attributes.messageId]: event.id,
    [attributes.eventType]: event.type,
    ...(event.subject === undefined ? {} : { [attributes.subject]: event.subject }),
  };
}

/**
 * Runs the handling of an event in the trace that caused it, in a consumer span when that trace is sampled. A
 * redelivery is a span of its own.
 */
export function runConsumer<T>(
  consumer: { readonly service: string; readonly topic: string; readonly group: string },
  event: TracedEvent,
  handle: () => Promise<T>,
): Promise<T> {
  const base = baseContext(consumer.service);
  const parent = parseTraceparent(event.traceparent);
  if (parent === undefined) return context.with(base, handle); // an event from before tracing: nothing to continue
  const outer = trace.setSpanContext(base, parent);
  const { possible, decide } = sampling();
  if (!possible || !decide(parent.traceId, parent)) return context.with(outer, handle);
  const span = tracerOf(consumer.service).startSpan(
    spanNames.process(consumer.topic),
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        [attributes.service]: consumer.service,
        [attributes.messagingSystem]: 'stampede',
        [attributes.messagingOperation]: 'process',
        [attributes.consumerGroup]: consumer.group,
        ...eventAttributes(consumer.topic, event),
      },
    },
    outer,
  );
  return runIn(trace.setSpan(base, span), span, handle);
}

async function runIn<T>(where: Context, span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(where, work);
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

function fail(span: Span, error: unknown): void {
  const { code, name } = error as { code?: unknown; name?: unknown };
  // messages may quote data
  span.setAttribute(attributes.errorType, typeof code === 'string' ? code : String(name ?? 'unknown'));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
