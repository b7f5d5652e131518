import { trace, type Attributes, type Span, type TracerProvider } from '@opentelemetry/api';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { defaultResource, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace';
import { spanNames } from './names';
import type { Sampling } from './sampling';
import { newSpanId, newTraceId } from './traceparent';

// This module and all that it imports is loaded late and only where spans are recorded: see loadSdk.

export interface Sdk {
  readonly tracerProvider: TracerProvider;
  /** A root span started by `start` gets this trace id. */
  withTraceId(traceId: string, start: () => Span): Span;
  /**
   * Exports what is left; resolves within SHUTDOWN_MS even when the collector is gone, whose timers may hold the
   * process: exit it.
   */
  shutdown(): Promise<void>;
}

const SHUTDOWN_MS = 2_000; // less than the drain of a service: a dead collector must not hold it

/**
 * Resource (OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win), exporter and batching by OTEL_*, pg and ioredis
 * instrumented. Host, user and command line are left out of the resource: nobody asked for them.
 */
export function startSdk(options: { service: string; instance: string; sampling: Sampling }): Sdk {
  let chosen: string | undefined;
  const idGenerator = { generateTraceId: () => chosen ?? newTraceId(), generateSpanId: newSpanId };
  trace.disable(); // takes our stand-in out, or the SDK could not register itself
  const sdk = new NodeSDK({
    resource: defaultResource().merge(resourceFromAttributes(identity(options))),
    resourceDetectors: [envDetector],
    sampler: samplerOf(options.sampling),
    idGenerator,
    textMapPropagator: null, // ours stays
    // ours stays too: NodeSDK takes null here as it does for the propagator, its type forgot
    contextManager: null as never,
    metricReaders: [], // metrics are Prometheus's
    logRecordProcessors: [], // logs are JSON lines
    instrumentations: [
      new PgInstrumentation({
        requireParentSpan: true,
        ignoreConnectSpans: true,
        // a prepared one is named s17
        requestHook: (span, { query, connection }) => span.updateName(spanNames.sql(query.text, connection.database)),
      }),
      new IORedisInstrumentation({ dbStatementSerializer: (command) => command }), // a key may hold an address or an id
    ],
  });
  sdk.start();
  patchLoaded();
  return {
    tracerProvider: trace.getTracerProvider(),
    withTraceId(traceId, start) {
      chosen = traceId;
      try {
        return start();
      } finally {
        chosen = undefined;
      }
    },
    shutdown: () => Promise.race([sdk.shutdown().catch(() => undefined), expired(SHUTDOWN_MS)]),
  };
}

function identity({ service, instance }: { service: string; instance: string }): Attributes {
  const named: Attributes = { 'service.name': service, 'service.namespace': 'stampede' };
  if (instance !== '') named['service.instance.id'] = instance;
  return named;
}

function samplerOf(sampling: Sampling): Sampler {
  return {
    shouldSample(where, traceId) {
      const sampled = sampling.decide(traceId, trace.getSpanContext(where));
      return { decision: sampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
    },
    toString: () => 'OTEL_TRACES_SAMPLER',
  };
}

const PATCHED_PACKAGES = /^(.*[\\/]node_modules[\\/](?:pg|pg-pool|ioredis))[\\/]/;

/**
 * The instrumentations patch what is required from now on; requiring once more what is loaded already shows it to
 * them. They change the prototypes in place, so that pools and clients that exist are traced too.
 */
function patchLoaded(): void {
  const folders = Object.keys(require.cache).flatMap((file) => PATCHED_PACKAGES.exec(file)?.[1] ?? []);
  for (const folder of new Set(folders)) require(folder);
}

function expired(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
