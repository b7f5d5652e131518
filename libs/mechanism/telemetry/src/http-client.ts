import {
  INVALID_TRACEID,
  SpanKind,
  SpanStatusCode,
  context,
  trace,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import type { Dispatcher } from 'undici';
import { attributes, spanNames } from './names';
import { formatTraceparent } from './traceparent';
import { serviceOf, tracerOf } from './tracing';

type Handler = Dispatcher.DispatchHandler;
type Options = Dispatcher.DispatchOptions & TracedCall;
type HeaderBag = NonNullable<Dispatcher.DispatchOptions['headers']>;

/** What a caller may add to the options of an undici request, to name its span. */
export interface TracedCall {
  /** Of the contract: `confirmHold`. Never a path with ids in it. */
  readonly operation?: string;
}

/**
 * An undici interceptor: every request carries the `traceparent` of the work that makes it, and has a client span
 * when that is sampled. `agent.compose(clientTracing({ service: 'orders', peer: 'inventory' }))`; without `service`
 * it is the one whose work makes the call.
 */
export function clientTracing({
  peer,
  service: caller,
}: {
  peer: string;
  service?: string;
}): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options: Options, handler: Handler) => {
    const active = context.active();
    const parent = trace.getSpan(active);
    if (parent === undefined) return dispatch(options, handler);
    if (!parent.isRecording()) return dispatch(withTrace(options, parent.spanContext()), handler);
    const service = caller ?? serviceOf(active) ?? 'unknown';
    const span = tracerOf(service).startSpan(spanNames.client(options.method, peer, options.operation), {
      kind: SpanKind.CLIENT,
      attributes: clientAttributes(options, peer, service),
    });
    return dispatch(withTrace(options, span.spanContext()), new SpanEndingHandler(handler, span));
  };
}

function clientAttributes(options: Options, peer: string, service: string) {
  const known: Record<string, string | number> = {
    [attributes.service]: service,
    [attributes.peer]: peer,
    [attributes.method]: options.method,
  };
  if (options.operation !== undefined) known[attributes.operation] = options.operation;
  if (options.origin !== undefined) Object.assign(known, addressOf(String(options.origin)));
  return known;
}

/** Origins are the few replicas of a few peers: parsed once. */
const addresses = new Map<string, Record<string, string | number>>();

function addressOf(origin: string): Record<string, string | number> {
  let address = addresses.get(origin);
  if (address === undefined) {
    const { hostname, port } = new URL(origin);
    address =
      port === ''
        ? { [attributes.address]: hostname }
        : { [attributes.address]: hostname, [attributes.port]: Number(port) };
    addresses.set(origin, address);
  }
  return address;
}

function withTrace(options: Options, place: SpanContext): Options {
  if (place.traceId === INVALID_TRACEID) return options;
  const headers = withHeader(options.headers, 'traceparent', formatTraceparent(place));
  if (place.traceState === undefined) return { ...options, headers };
  return { ...options, headers: withHeader(headers, 'tracestate', place.traceState.serialize()) };
}

function withHeader(headers: Options['headers'], name: string, value: string): HeaderBag {
  if (headers === null || headers === undefined) return { [name]: value };
  if (Array.isArray(headers)) return [...headers, name, value];
  if (Symbol.iterator in headers) return [...(headers as Iterable<[string, string]>)].flat().concat(name, value);
  return { ...headers, [name]: value };
}

/** Passes everything on and ends the span with the answer's last byte, or with the failure. */
class SpanEndingHandler implements Handler {
  constructor(
    private readonly handler: Handler,
    private readonly span: Span,
  ) {}

  onRequestStart(...args: Parameters<NonNullable<Handler['onRequestStart']>>): void {
    this.handler.onRequestStart?.(...args);
  }

  onRequestUpgrade(...args: Parameters<NonNullable<Handler['onRequestUpgrade']>>): void {
    this.span.end();
    this.handler.onRequestUpgrade?.(...args);
  }

  onResponseStart(...args: Parameters<NonNullable<Handler['onResponseStart']>>): void {
    const status = args[1];
    this.span.setAttribute(attributes.status, status);
    if (status >= 400) this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.handler.onResponseStart?.(...args);
  }

  onResponseData(...args: Parameters<NonNullable<Handler['onResponseData']>>): void {
    this.handler.onResponseData?.(...args);
  }

  onResponseEnd(...args: Parameters<NonNullable<Handler['onResponseEnd']>>): void {
    this.span.end();
    this.handler.onResponseEnd?.(...args);
  }

  onResponseError(...args: Parameters<NonNullable<Handler['onResponseError']>>): void {
    const error = args[1] as Error & { code?: string };
    this.span.setAttribute(attributes.errorType, error.code ?? error.name); // the message may quote what was sent
    this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.span.end();
    this.handler.onResponseError?.(...args);
  }
}
