import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { problems } from '@stampede/contracts';
import type { Priority } from '@stampede/resilience';
import { newTraceId, parseTraceparent, type Metrics } from '@stampede/telemetry';
import type { FastifyInstance } from 'fastify';
import { PROBLEM_TYPE, problemOf, retryAfterSeconds } from './problem';
import type { RouteFacts } from './routing';

/** Long enough that whoever comes back finds the crowd thinner. */
const RETRY_AFTER = retryAfterSeconds(2_000);
const CODE = 'overloaded';
/** The document with a place for the path, which is all that differs from one refusal to the next. */
const [BEFORE_PATH = '', AFTER_PATH = ''] = JSON.stringify(
  problemOf({ code: CODE, detail: 'more is asked than can be served; come back later', unexpected: false }, '/'),
).split('"/"');

export interface EarlyRefusalOptions {
  readonly metrics: Metrics;
  /** Whether as much is being served as can be. */
  readonly full: () => boolean;
  /** While true, every answer ends its connection. */
  readonly draining: () => boolean;
  readonly onShed: (priority: Priority) => void;
}

interface Door {
  readonly pattern: RegExp;
  readonly priority: Priority;
  readonly observe: () => void;
}

/**
 * Refuses what need not be served now before anything of it is read but method and path: a tenth of what a refusal by
 * the framework costs. Critical routes, and paths that no route has, go on to it.
 */
export class EarlyRefusal {
  private readonly doors = new Map<string, Door[]>();

  constructor(private readonly options: EarlyRefusalOptions) {}

  /** Learns every route from now on. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ method, url, config }) => {
      const facts = (config as { stampede?: RouteFacts } | undefined)?.stampede;
      if (facts === undefined) return;
      for (const name of [method].flat()) this.learn(name, url, facts.priority);
    });
  }

  /** A listener in front of the framework's. */
  before(listener: RequestListener): RequestListener {
    return (request, response) => {
      if (this.options.full() && this.refuse(request, response)) return;
      listener(request, response);
    };
  }

  private learn(method: string, route: string, priority: Priority): void {
    if (priority === 'critical') return;
    const series = this.options.metrics.series('httpServerDuration', { route, method, status: problems[CODE].status });
    const pattern = new RegExp(
      `^${route.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/:\w+/g, '[^/]+')}/?$`,
    );
    const doors = this.doors.get(method) ?? [];
    this.doors.set(method, [...doors, { pattern, priority, observe: () => series.observe(0) }]);
  }

  private refuse(request: IncomingMessage, response: ServerResponse): boolean {
    const { method = '', url = '', headers } = request;
    const query = url.indexOf('?');
    const path = query === -1 ? url : url.slice(0, query);
    const door = this.doors.get(method)?.find(({ pattern }) => pattern.test(path));
    if (door === undefined) return false;
    door.observe();
    this.options.onShed(door.priority);
    const { traceparent } = headers;
    const traceId = traceparent === undefined ? undefined : parseTraceparent(traceparent)?.traceId;
    const body = `${BEFORE_PATH}${JSON.stringify(path)}${AFTER_PATH}`;
    response
      .writeHead(problems[CODE].status, {
        'content-type': PROBLEM_TYPE,
        'content-length': Buffer.byteLength(body),
        'retry-after': RETRY_AFTER,
        'x-trace-id': traceId ?? newTraceId(),
        ...(this.options.draining() ? { connection: 'close' } : {}),
      })
      .end(body);
    return true;
  }
}
