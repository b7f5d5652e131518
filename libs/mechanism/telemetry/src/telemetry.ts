import type { Tracer } from '@opentelemetry/api';
import { listenToChannels } from './channels';
import { metricsOf, type Metrics } from './metrics';
import { addRuntimeMetrics } from './runtime-metrics';
import { baseContext, loadSdk, startPropagation, stopSdk, tracerOf } from './tracing';

export interface Telemetry {
  readonly service: string;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  /**
   * Loads the SDK now if anything may be traced: 0.2 s that the first traced request need not wait. Fastify servers
   * do it once they listen.
   */
  warmUp(): void;
  /** Sends the last spans, within 2 s; the last service of the process stops the SDK. */
  shutdown(): Promise<void>;
}

const running = new Set<string>();

/**
 * Starts what the process shares (trace context, OTLP export by OTEL_*, counting on the diagnostics channels) and the
 * service's own metrics. Without an OTLP endpoint trace ids are propagated and nothing is recorded or exported.
 */
export function startTelemetry({ service, instance = '' }: { service: string; instance?: string }): Telemetry {
  startPropagation();
  baseContext(service, instance);
  listenToChannels();
  const metrics = metricsOf(service);
  if (!running.has(service)) addRuntimeMetrics(metrics);
  running.add(service);
  return {
    service,
    metrics,
    tracer: tracerOf(service),
    warmUp: () => void loadSdk(),
    async shutdown() {
      running.delete(service);
      if (running.size === 0) await stopSdk();
    },
  };
}
