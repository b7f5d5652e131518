import { SpanKind, SpanStatusCode, context, isSpanContextValid, trace, type Span, type SpanContext } from '@opentelemetry/api';
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

/** An undici interceptor: every request carries the `traceparent` of the work that makes it, and has a client span when that is sampled.
 *  `agent.compose(clientTracing({ service: 'orders', peer: 'inventory' }))`; without `service` it is the one whose work makes the call. */
export function clientTracing({ peer, service: caller }: { peer: string; service?: string }): Dispatcher.DispatcherComposeInterceptor {
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
  const known: Record<string, string | number> = { [attributes.service]: service, [attributes.peer]: peer, [attributes.method]: options.method };
  if (options.operation !== undefined) known[attributes.operation] = options.operation;
  if (options.origin !== undefined) {
    const { hostname, port } = new URL(options.origin);
    known[attributes.address] = hostname;
    if (port !== '') known[attributes.port] = Number(port);
  }
  return known;
}

function withTrace(options: Options, place: SpanContext): Options {
  if (!isSpanContextValid(place)) return options;
  const added: [string, string][] = [['traceparent', formatTraceparent(place)]];
  if (place.traceState !== undefined) added.push(['tracestate', place.traceState.serialize()]);
  return { ...options, headers: withHeaders(options.headers ?? {}, added) };
}

function withHeaders(headers: HeaderBag, added: [string, string][]): HeaderBag {
  if (Array.isArray(headers)) return [...headers, ...added.flat()];
  if (Symbol.iterator in headers) return [...(headers as Iterable<[string, string]>), ...added].flat() as string[];
  return { ...headers, ...Object.fromEntries(added) };
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
