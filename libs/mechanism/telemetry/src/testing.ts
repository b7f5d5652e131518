import { createServer, type IncomingMessage, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { attributes as attributeNames } from './names';

/** A span as it came over the wire. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Of the resource: the process. In a process with several services `attributes['stampede.service']` tells more. */
  readonly service: string;
  /** Of the instrumentation that made it. */
  readonly scope: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export interface SpanSink {
  readonly url: string;
  /** What a process needs to send every span here soon. */
  readonly environment: Readonly<Record<string, string>>;
  /** In order of arrival. */
  spans(): Span[];
  /**
   * The spans of the trace once `complete` says so of them.
   * @throws Error with the tree so far after `timeoutMs`, default 10,000.
   */
  waitForTrace(traceId: string, complete: (spans: Span[]) => boolean, timeoutMs?: number): Promise<Span[]>;
  close(): Promise<void>;
}

/**
 * An OTLP collector (HTTP, JSON) on a free port of this machine, for tests that assert the spans of real processes.
 * Close it at the end.
 */
export async function startSpanSink(): Promise<SpanSink> {
  const received: Span[] = [];
  let changed = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (request.headers['content-type'] !== 'application/json') {
      response.writeHead(415).end('this sink takes OTLP as JSON: set OTEL_EXPORTER_OTLP_PROTOCOL=http/json');
      return;
    }
    received.push(...spansOf(JSON.parse(body.toString('utf8')) as OtlpRequest));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    changed.resolve();
    changed = Promise.withResolvers<void>();
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    url,
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
    },
    spans: () => [...received],
    async waitForTrace(traceId, complete, timeoutMs = 10_000) {
      const deadline = sleep(timeoutMs, 'late', { ref: false });
      for (;;) {
        const spans = received.filter((span) => span.traceId === traceId);
        if (spans.length > 0 && complete(spans)) return spans;
        if ((await Promise.race([changed.promise, deadline])) === 'late') {
          throw new Error(`trace ${traceId} is not complete after ${timeoutMs} ms; so far:\n${drawTree(spans)}`);
        }
      }
    },
    close: () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())),
  };
}

/**
 * Spans whose parent did not arrive, except the one without a parent. A client's own `traceparent` counts as a parent
 * when given as `from`.
 */
export function orphansOf(spans: readonly Span[], from?: string): Span[] {
  const known = new Set(spans.map((span) => span.spanId));
  return spans.filter(
    ({ parentSpanId }) => parentSpanId !== undefined && parentSpanId !== from && !known.has(parentSpanId),
  );
}

/** The trace as indented lines `service: name`, children by start: to be read, and to be compared in a test. */
export function drawTree(spans: readonly Span[]): string {
  const known = new Set(spans.map((span) => span.spanId));
  const ordered = [...spans].sort((a, b) => a.startMs - b.startMs);
  const lines: string[] = [];
  const draw = (span: Span, depth: number): void => {
    lines.push(`${'  '.repeat(depth)}${span.attributes[attributeNames.service] ?? span.service}: ${span.name}`);
    for (const child of ordered) if (child.parentSpanId === span.spanId) draw(child, depth + 1);
  };
  for (const span of ordered) if (span.parentSpanId === undefined || !known.has(span.parentSpanId)) draw(span, 0);
  return lines.join('\n');
}

interface OtlpValue {
  stringValue?: string;
  intValue?: string | number;
  doubleValue?: number;
  boolValue?: boolean;
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: OtlpAttribute[];
  status?: { code?: number };
}
type OtlpAttribute = { key: string; value: OtlpValue };
interface OtlpRequest {
  resourceSpans?: {
    resource?: { attributes?: OtlpAttribute[] };
    scopeSpans?: { scope?: { name: string }; spans?: OtlpSpan[] }[];
  }[];
}

/**
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto:
 * SpanKind, from 1
 */
const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUS_ERROR = 2;
const NANOSECONDS_PER_MS = 1e6;

function spansOf({ resourceSpans = [] }: OtlpRequest): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = String(plain(resource?.attributes)['service.name'] ?? 'unknown');
    return scopeSpans.flatMap(({ scope, spans = [] }) => spans.map((span) => spanOf(span, service, scope?.name ?? '')));
  });
}

function spanOf(span: OtlpSpan, service: string, scope: string): Span {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    name: span.name,
    kind: KINDS[span.kind - 1] ?? 'internal',
    service,
    scope,
    startMs: Number(span.startTimeUnixNano) / NANOSECONDS_PER_MS,
    endMs: Number(span.endTimeUnixNano) / NANOSECONDS_PER_MS,
    failed: span.status?.code === STATUS_ERROR,
    attributes: plain(span.attributes),
  };
}

function plain(list: OtlpAttribute[] = []): Record<string, string | number | boolean> {
  return Object.fromEntries(
    list.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  );
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}
