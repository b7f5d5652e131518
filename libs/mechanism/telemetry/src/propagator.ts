import {
  isSpanContextValid,
  trace,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import { formatTraceparent, parseTraceparent } from './traceparent';

/**
 * W3C Trace Context for whoever uses the API's `propagation` (outbox, bus, saga). Ours, because the SDK's costs a
 * tenth of a second to load. Baggage is not carried: it would take whatever a client sends to every service and log.
 */
export const w3cPropagator: TextMapPropagator = {
  inject(context: Context, carrier: unknown, setter: TextMapSetter) {
    const place = trace.getSpanContext(context);
    if (place === undefined || !isSpanContextValid(place)) return;
    setter.set(carrier, 'traceparent', formatTraceparent(place));
    if (place.traceState !== undefined) setter.set(carrier, 'tracestate', place.traceState.serialize());
  },
  extract(context: Context, carrier: unknown, getter: TextMapGetter) {
    const place = parseTraceparent(
      single(getter.get(carrier, 'traceparent')),
      single(getter.get(carrier, 'tracestate')),
    );
    return place === undefined ? context : trace.setSpanContext(context, place);
  },
  fields: () => ['traceparent', 'tracestate'],
};

function single(value: string | string[] | undefined): string | undefined {
  if (!Array.isArray(value)) return value;
  return value.length === 1 ? value[0] : undefined;
}
