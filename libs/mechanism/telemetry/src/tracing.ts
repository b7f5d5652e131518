import {
  ROOT_CONTEXT,
  context,
  createContextKey,
  isSpanContextValid,
  propagation,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { w3cPropagator } from './propagator';
import { samplingFrom, type Sampling } from './sampling';
import type { Sdk } from './sdk';
import { newTraceId } from './traceparent';

const SERVICE = createContextKey('stampede.service');

/** What one process shares, however many services it hosts. */
interface Tracing {
  readonly sampling: Sampling;
  readonly services: Map<string, { instance: string; base: Context }>;
  sdk?: Sdk | undefined;
  /** Set when the SDK refused to start: the shop goes on untraced. */
  broken: boolean;
}

let tracing: Tracing | undefined;

/**
 * Trace context is propagated from here on. Idempotent; the environment of the first call counts. Costs two small
 * modules: the SDK (220 ms of CPU) is loaded when the first span is to be recorded, see `loadSdk`.
 */
export function startPropagation(env: Readonly<Record<string, string | undefined>> = process.env): Tracing {
  if (tracing !== undefined) return tracing;
  tracing = { sampling: samplingFrom(env), services: new Map(), broken: false };
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(w3cPropagator);
  if (tracing.sampling.possible)
    trace.setGlobalTracerProvider({ getTracer: (name, version) => new LateTracer(name, version) });
  return tracing;
}

/**
 * The context in which everything of a service runs; messages on our diagnostics channels are counted for the service
 * that it names.
 */
export function baseContext(service: string, instance = ''): Context {
  const { services } = startPropagation();
  const known = services.get(service);
  if (known !== undefined) return known.base;
  const base = ROOT_CONTEXT.setValue(SERVICE, service);
  services.set(service, { instance, base });
  return base;
}

/** The service in whose work we are: the context's, else (in background work) the only one that the process hosts. */
export function serviceOf(where: Context): string | undefined {
  const named = where.getValue(SERVICE) as string | undefined;
  if (named !== undefined || tracing?.services.size !== 1) return named;
  return tracing.services.keys().next().value;
}

export function sampling(): Sampling {
  return startPropagation().sampling;
}

/**
 * Loads and starts the SDK unless it runs, nothing can be sampled, or it failed before. Blocks for about 0.2 s, so it
 * is called once the process listens.
 */
export function loadSdk(): Sdk | undefined {
  const shared = startPropagation();
  if (shared.sdk !== undefined || shared.broken || !shared.sampling.possible) return shared.sdk;
  const names = [...shared.services.keys()];
  // a resource is per process; each span names its service
  const service = names.length === 1 ? (names[0] as string) : 'stampede';
  try {
    const { startSdk } = require('./sdk') as typeof import('./sdk');
    shared.sdk = startSdk({
      service,
      instance: shared.services.get(service)?.instance ?? '',
      sampling: shared.sampling,
    });
  } catch (error) {
    shared.broken = true;
    process.emitWarning(
      `tracing is off, the OpenTelemetry SDK did not start: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return shared.sdk;
}

/** Sends what is left. Spans started later are lost. */
export async function stopSdk(): Promise<void> {
  await tracing?.sdk?.shutdown();
}

const tracers = new Map<string, Tracer>();

export function tracerOf(service: string): Tracer {
  startPropagation();
  let tracer = tracers.get(service);
  if (tracer === undefined) tracers.set(service, (tracer = trace.getTracer(`@stampede/${service}`)));
  return tracer;
}

/** Starts a root span whose trace id was chosen before. */
export function startSpanWithTraceId(traceId: string, start: () => Span): Span {
  const sdk = loadSdk();
  return sdk === undefined ? start() : sdk.withTraceId(traceId, start);
}

/** Stands for the SDK's tracer until a span is to be recorded, so that nobody has to know when the SDK comes. */
class LateTracer implements Tracer {
  #real: Tracer | undefined;

  constructor(
    private readonly name: string,
    private readonly version: string | undefined,
  ) {}

  startSpan(name: string, options: SpanOptions = {}, where: Context = context.active()): Span {
    const parent = options.root === true ? undefined : trace.getSpanContext(where);
    if (parent !== undefined && isSpanContextValid(parent) && !sampling().decide(parent.traceId, parent)) {
      return trace.wrapSpanContext({ ...parent, traceFlags: 0 });
    }
    this.#real ??= loadSdk()?.tracerProvider.getTracer(this.name, this.version);
    if (this.#real !== undefined) return this.#real.startSpan(name, options, where);
    return trace.wrapSpanContext(parent ?? { traceId: newTraceId(), spanId: '0000000000000001', traceFlags: 0 });
  }

  startActiveSpan<F extends (span: Span) => ReturnType<F>>(name: string, ...rest: unknown[]): ReturnType<F> {
    const run = rest.pop() as F;
    const [options, where = context.active()] = rest as [SpanOptions?, Context?];
    const span = this.startSpan(name, options, where);
    return context.with(trace.setSpan(where, span), run, undefined, span);
  }
}
