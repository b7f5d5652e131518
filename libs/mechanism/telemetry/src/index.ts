export { startTelemetry, type Telemetry } from './telemetry';
export { httpServerMetrics, httpServerTracing } from './http-server';
export { clientTracing, type TracedCall } from './http-client';
export { activeTraceId, activeTraceparent, inSendSpans, runConsumer, type TracedEvent } from './messaging';
export { formatTraceparent, newTraceId, parseTraceparent } from './traceparent';
export { Metrics, metricsOf, type GaugeValue } from './metrics';
export { metricDefinitions, type LabelsOf, type MetricDefinition, type MetricKey } from './names';
export { watchBusLag, watchInbox, watchOutbox, watchPool, watchSaga } from './watch';
export { LOG_FIELDS, logger, type LogField } from './logger';
