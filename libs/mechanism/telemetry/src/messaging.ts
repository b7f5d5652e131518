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

/** The event with the active trace in it; an event that has one keeps it. */
export function injectTraceparent<E extends { readonly traceparent?: string | null | undefined }>(event: E): E {
  const traceparent = activeTraceparent();
  return event.traceparent || traceparent === undefined ? event : { ...event, traceparent };
}

/** Runs `append` in a producer span: what it stores or publishes has that span as its parent. */
export function inProducerSpan<T>(
  service: string,
  event: { readonly topic: string; readonly type: string; readonly subject: string },
  append: () => Promise<T>,
): Promise<T> {
  if (trace.getActiveSpan()?.isRecording() !== true) return append();
  const span = tracerOf(service).startSpan(spanNames.send(event.topic), {
    kind: SpanKind.PRODUCER,
    attributes: {
      [attributes.service]: service,
      [attributes.messagingSystem]: 'stampede',
      [attributes.messagingOperation]: 'send',
      [attributes.topic]: event.topic,
      [attributes.eventType]: event.type,
      [attributes.subject]: event.subject,
    },
  });
  return runIn(trace.setSpan(context.active(), span), span, append);
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
        [attributes.topic]: consumer.topic,
        [attributes.consumerGroup]: consumer.group,
        [attributes.messageId]: event.id,
        [attributes.eventType]: event.type,
        ...(event.subject === undefined ? {} : { [attributes.subject]: event.subject }),
      },
    },
    outer,
  );
  return runIn(trace.setSpan(base, span), span, handle);
}

/** Runs `work` in a span of its own inside the active trace, when that is sampled: a saga step, a sweep. */
export function inSpan<T>(service: string, name: string, work: () => Promise<T>): Promise<T> {
  if (trace.getActiveSpan()?.isRecording() !== true) return work();
  const span = tracerOf(service).startSpan(name, { attributes: { [attributes.service]: service } });
  return runIn(trace.setSpan(context.active(), span), span, work);
}

async function runIn<T>(where: Context, span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(where, work);
  } catch (error) {
    const { code, name } = error as { code?: unknown; name?: unknown };
    // messages may quote data
    span.setAttribute(attributes.errorType, typeof code === 'string' ? code : String(name ?? 'unknown'));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
