import { randomFillSync } from 'node:crypto';
import { TraceFlags, createTraceState, type SpanContext } from '@opentelemetry/api';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const INVALID_TRACE_ID = '0'.repeat(32);
const INVALID_SPAN_ID = '0'.repeat(16);
const LONGEST_TRACESTATE = 512; // characters: what W3C asks every participant to carry; more is dropped, not cut

/** The caller's place in its trace, or undefined for a header that W3C Trace Context calls invalid: then the call starts a trace of its own.
 *  @see https://www.w3.org/TR/trace-context/#traceparent-header */
export function parseTraceparent(header: unknown, tracestate?: unknown): SpanContext | undefined {
  if (typeof header !== 'string') return undefined;
  const match = TRACEPARENT.exec(header);
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags, rest] = match as unknown as [string, string, string, string, string, string?];
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (traceId === INVALID_TRACE_ID || spanId === INVALID_SPAN_ID) return undefined;
  const parsed: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  if (typeof tracestate === 'string' && tracestate !== '' && tracestate.length <= LONGEST_TRACESTATE) {
    parsed.traceState = createTraceState(tracestate);
  }
  return parsed;
}

export function formatTraceparent(place: SpanContext): string {
  return `00-${place.traceId}-${place.spanId}-${(place.traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;
}

const POOL_BYTES = 4_096; // one call to the generator serves 170 requests
const pool = Buffer.allocUnsafe(POOL_BYTES);
let used = POOL_BYTES;

function randomHex(bytes: number): string {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

/** 16 random bytes, never all zero. */
export function newTraceId(): string {
  const id = randomHex(16);
  return id === INVALID_TRACE_ID ? newTraceId() : id;
}

/** 8 random bytes, never all zero. */
export function newSpanId(): string {
  const id = randomHex(8);
  return id === INVALID_SPAN_ID ? newSpanId() : id;
}
