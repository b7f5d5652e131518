import { SpanKind, SpanStatusCode, context, trace, type Context, type Span } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from './metrics';
import { CLIENT_LEFT_STATUS, UNMATCHED_ROUTE, attributes, spanNames } from './names';
import { newSpanId, newTraceId, parseTraceparent } from './traceparent';
import { baseContext, loadSdk, sampling, startSpanWithTraceId, tracerOf } from './tracing';

/**
 * Every request of the server runs in its trace: a valid `traceparent` is continued, without one a trace begins.
 * Every answer that Fastify writes carries its id in `x-trace-id`; whoever hijacks a reply sends
 * `reply.getHeaders()`. A span is made only when sampled. To be called before the routes are added.
 */
export function httpServerTracing(fastify: FastifyInstance, { service }: { service: string }): void {
  const base = baseContext(service);
  const tracer = tracerOf(service);
  const { possible, decide } = sampling();
  if (possible) fastify.addHook('onListen', (done) => (setImmediate(loadSdk), done()));

  fastify.addHook('onRequest', (request, reply, done) => {
    const { traceparent, tracestate } = request.headers;
    const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent, tracestate);
    const traceId = parent?.traceId ?? newTraceId();
    let active: Context;
    if (possible && decide(traceId, parent)) {
      const outer = parent === undefined ? base : trace.setSpanContext(base, parent);
      const start = () =>
        tracer.startSpan(nameOf(request), { kind: SpanKind.SERVER, attributes: attributesOf(request, service) }, outer);
      const span = parent === undefined ? startSpanWithTraceId(traceId, start) : start();
      active = trace.setSpan(base, span);
      reply.raw.once('close', () => endServerSpan(span, reply));
    } else {
      active = trace.setSpanContext(base, parent ?? { traceId, spanId: newSpanId(), traceFlags: 0 });
    }
    reply.header('x-trace-id', traceId);
    context.with(active, done); // Fastify binds what follows a body that comes later to it
  });
}

function nameOf(request: FastifyRequest): string {
  return spanNames.server(request.method, request.routeOptions.url ?? UNMATCHED_ROUTE);
}

function attributesOf(request: FastifyRequest, service: string) {
  const query = request.url.indexOf('?');
  return {
    [attributes.service]: service,
    [attributes.method]: request.method,
    [attributes.route]: request.routeOptions.url ?? UNMATCHED_ROUTE,
    [attributes.path]: query === -1 ? request.url : request.url.slice(0, query), // a query may hold what a person typed
  };
}

function endServerSpan(span: Span, reply: FastifyReply): void {
  const status = statusOf(reply);
  span.setAttribute(attributes.status, status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function statusOf(reply: FastifyReply): number {
  return reply.raw.writableFinished ? reply.raw.statusCode : CLIENT_LEFT_STATUS;
}

/** RED of every route: rate, errors and duration by route, method and status. */
export function httpServerMetrics(fastify: FastifyInstance, metrics: Metrics): void {
  const kept = new Map<string, { observe(seconds: number): void }>();
  fastify.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now();
    reply.raw.once('close', () => {
      const route = request.routeOptions.url ?? UNMATCHED_ROUTE;
      const status = statusOf(reply);
      const key = `${request.method} ${route} ${status}`;
      let series = kept.get(key);
      if (series === undefined) {
        series = metrics.series('httpServerDuration', { route, method: request.method, status });
        kept.set(key, series);
      }
      series.observe((performance.now() - startedAt) / 1_000);
    });
    done();
  });
}
