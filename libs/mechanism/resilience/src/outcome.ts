import { isRefusal, UnknownOutcome } from './errors';

/**
 * How an attempt ended, as far as can be told from here:
 * - `success`: it was done;
 * - `refused`: the peer is well and said no (4xx); asking again gives the same answer;
 * - `throttled`: the peer is well and asks to be left alone for a while; this time it did nothing;
 * - `unavailable`: the peer answered that it cannot serve now (503);
 * - `failed`: the peer answered with another error, or with something that cannot be read;
 * - `not_sent`: no connection was made, so nothing was done;
 * - `unknown`: it was sent and no answer came, or a gateway between had none;
 * - `cancelled`: the caller lost interest, or refused it itself; it says nothing about the peer.
 */
export type Outcome = 'success' | Failure;
export type Failure = 'refused' | 'throttled' | 'unavailable' | 'failed' | 'not_sent' | 'unknown' | 'cancelled';

/** Tells how an attempt ended from what it threw. */
export type Classify = (error: unknown) => Failure;

/** Errors of Node and undici that come before the first byte of a request has left. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
]);

/** Errors that may come after it has left. A reset of an idle connection is among them: it cannot be told apart. */
const LOST = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_DESTROYED',
  'UND_ERR_INFO', // undici lost the socket for a reason of its own
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  'UND_ERR_HEADERS_OVERFLOW',
]);

/** fetch wraps once, an AggregateError once more; deeper is a loop. */
const MAX_CAUSES = 4;

interface Described {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly syscall?: unknown;
  readonly cause?: unknown;
  readonly retryAfterMs?: unknown;
}

/**
 * The default classifier, total: an error it does not know is `failed`. It reads `status` (an HTTP status) and `code`
 * (a problem's, Node's or undici's) of the error and of its causes, so an error of any library can be passed.
 */
export function outcomeOf(error: unknown): Failure {
  if (error instanceof UnknownOutcome) return error.reason === 'cancelled' ? 'cancelled' : 'unknown';
  if (isRefusal(error)) return 'cancelled';
  let current = error as Described | null | undefined;
  for (let depth = 0; depth < MAX_CAUSES && typeof current === 'object' && current !== null; depth++) {
    const known = ofStatus(current) ?? ofCode(current);
    if (known) return known;
    current = current.cause as Described | undefined;
  }
  return 'failed';
}

function ofStatus({ status, code }: Described): Failure | undefined {
  if (typeof status !== 'number') return undefined;
  if (code === 'outcome_unknown' || status === 502 || status === 504) return 'unknown';
  if (status === 503) return 'unavailable';
  // The first request with this key still runs: its outcome is not this answer but the one that a later try gets.
  if (status === 429 || status === 425 || code === 'idempotency_in_flight') return 'throttled';
  return status >= 400 && status < 500 ? 'refused' : 'failed';
}

function ofCode({ name, code, syscall }: Described): Failure | undefined {
  if (name === 'TimeoutError' || name === 'HTTPParserError') return 'unknown';
  if (name === 'AbortError') return 'cancelled';
  if (typeof code !== 'string') return undefined;
  if (NOT_SENT.has(code)) return 'not_sent';
  if (code === 'ETIMEDOUT') return syscall === 'connect' ? 'not_sent' : 'unknown';
  return LOST.has(code) ? 'unknown' : undefined;
}

/** Milliseconds that the answer asked to wait, if it did. */
export function retryAfterOf(error: unknown): number | undefined {
  const wanted = (error as Described | null | undefined)?.retryAfterMs;
  return typeof wanted === 'number' && Number.isFinite(wanted) && wanted >= 0 ? wanted : undefined;
}

/** Whether the peer showed with this outcome that it is alive and able to answer. */
export function isHealthy(outcome: Outcome): boolean {
  return outcome === 'success' || outcome === 'refused' || outcome === 'throttled';
}

/** `error` as it leaves a policy: an unknown outcome becomes its own type, everything else stays what it is. */
export function asThrown(error: unknown, outcome: Failure): unknown {
  if (outcome !== 'unknown' || error instanceof UnknownOutcome) return error;
  const status = (error as Described | null | undefined)?.status;
  return new UnknownOutcome(typeof status === 'number' ? 'gateway' : 'connection_lost', { cause: error });
}
