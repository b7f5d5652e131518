import { randomFillSync } from 'node:crypto';
import { TraceFlags, createTraceState, type SpanContext } from '@opentelemetry/api';

/** Version 00, what nearly every header is; its parts are cut out by place. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** A later version begins like version 00 and may go on after a dash; version ff is forbidden. */
const LATER_TRACEPARENT = /^(?!00|ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const INVALID_TRACE_ID = '0'.repeat(32);
const INVALID_SPAN_ID = '0'.repeat(16);
const LONGEST_TRACESTATE = 512; // characters: what W3C asks every participant to carry; more is dropped, not cut

/**
 * The caller's place in its trace, or undefined for a header that W3C Trace Context calls invalid: then the call
 * starts a trace of its own.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function parseTraceparent(header: unknown, tracestate?: unknown): SpanContext | undefined {
  if (typeof header !== 'string') return undefined;
  if (!TRACEPARENT.test(header) && !LATER_TRACEPARENT.test(header)) return undefined;
  const traceId = header.slice(3, 35);
  const spanId = header.slice(36, 52);
  if (traceId === INVALID_TRACE_ID || spanId === INVALID_SPAN_ID) return undefined;
  // the last bit; the others say nothing to us
  const sampled = Number.parseInt(header.charAt(54), 16) & TraceFlags.SAMPLED;
  const parsed: SpanContext = { traceId, spanId, traceFlags: sampled, isRemote: true };
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
