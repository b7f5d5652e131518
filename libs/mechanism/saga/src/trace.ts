import { type Context, SpanStatusCode, context, isSpanContextValid, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('@stampede/saga');
const traceparentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** W3C `traceparent` of the active span, or null outside of a trace. */
export function activeTraceparent(): string | null {
  const span = trace.getSpanContext(context.active());
  if (!span || !isSpanContextValid(span)) {
    return null;
  }
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}

/** Runs `act` outside of the trace of whoever called: a kick must not draw the runner into a buyer's request. */
export function detached<T>(act: () => T): T {
  return context.with(trace.deleteSpan(context.active()), act);
}

/** Runs `act` as a span of the trace that started the saga, on whatever replica. No trace, no span. */
export async function inSpan<T>(traceparent: string | null, name: string, act: () => Promise<T>): Promise<T> {
  const parent = parentContext(traceparent);
  if (!parent) {
    return act();
  }
  return tracer.startActiveSpan(name, {}, parent, async (span) => {
    try {
      return await act();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

function parentContext(traceparent: string | null): Context | null {
  const [, traceId, spanId, flags] = traceparentPattern.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags) {
    return null;
  }
  return trace.setSpanContext(context.active(), {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}
