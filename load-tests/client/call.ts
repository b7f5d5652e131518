import { sleep } from 'k6';
import http from 'k6/http';
import { Counter, Rate } from 'k6/metrics';
import { elapsedMs, phaseAt } from './clock.ts';
import { logCall, logSeen } from './history.ts';
import { type RouteName, routes } from './routes.ts';
import { client, shopUrl, totalMs } from './settings.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below /api/v1. */
  readonly path: string;
  readonly token?: string;
  readonly body?: unknown;
  /** Of a POST that must not be done twice; every attempt has the same. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the setting: somebody who wants it badly. */
  readonly attempts?: number;
  readonly timeoutMs?: number;
  readonly random: () => number;
}

/** What a request came to with its last attempt. */
export interface Reply<Body> {
  /** 0: no answer. */
  readonly status: number;
  /** Of a success. */
  readonly body?: Body;
  readonly code?: string;
  readonly replayed: boolean;
  readonly failed: boolean;
}

interface Answer<Body> extends Omit<Reply<Body>, 'failed'> {
  readonly ms: number;
  readonly retryAfterMs: number | undefined;
}

/** One sample a request, not an attempt, in the phase that it began in: whether its caller gave up. */
const gaveUp = new Rate('gave_up');
/** Requests that came to a success, by route and phase: over time, goodput. */
const served = new Counter('served');

const LONGEST_BACKOFF_MS = 5_000;
/** Nobody starts another attempt so long after the run's end. */
const GRACE_MS = 5_000;

/**
 * Asks until there is an answer that stands: what may be repeated (no answer, 429, 503, a key in flight) is, with full
 * jitter, never before `Retry-After`. Each attempt is tagged with route, phase and attempt, and logged.
 */
export function call<Body>(route: RouteName, request: Request): Reply<Body> {
  const most = request.attempts ?? client.attempts;
  const firstAt = elapsedMs();
  for (let attempt = 1; ; attempt += 1) {
    const at = attempt === 1 ? firstAt : elapsedMs();
    const answer = send<Body>(route, request, attempt);
    const isLast = attempt >= most || (elapsedMs() ?? 0) > totalMs + GRACE_MS || !worthRepeating(answer);
    const failed = isLast && !stands(route, answer);
    record(route, { at, firstAt, attempt, failed, isLast }, answer);
    if (isLast) return { ...answer, failed };
    const backoffMs = Math.min(LONGEST_BACKOFF_MS, client.backoffMs * 2 ** (attempt - 1));
    sleep(((answer.retryAfterMs ?? 0) + request.random() * backoffMs) / 1_000);
  }
}

function send<Body>(route: RouteName, request: Request, attempt: number): Answer<Body> {
  const { method, path, token, body, key, headers, timeoutMs } = request;
  const response = http.request(method, `${shopUrl}/api/v1${path}`, body === undefined ? null : JSON.stringify(body), {
    headers: {
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    // `name` instead of the address: else each order would be a metric of its own
    tags: { name: route, route, phase: phaseAt(elapsedMs()), attempt: String(attempt) },
    timeout: timeoutMs ?? client.attemptTimeoutMs,
    responseCallback: http.expectedStatuses({ min: 200, max: 399 }, 404, 409),
    redirects: 0,
  });
  const { status } = response;
  const content = parsed(response.body);
  const retryAfter = Number(response.headers['Retry-After'] ?? Number.NaN);
  return {
    status,
    ms: response.timings.duration,
    replayed: response.headers['Idempotent-Replayed'] === 'true',
    retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1_000 : undefined,
    ...(isSuccess(status) ? { body: content as Body } : codeOf(content)),
  };
}

interface Attempt {
  /** ms since the load began; undefined during setup. */
  readonly at: number | undefined;
  /** Of the first attempt. */
  readonly firstAt: number | undefined;
  readonly attempt: number;
  readonly failed: boolean;
  readonly isLast: boolean;
}

function record(
  route: RouteName,
  { at, firstAt = at, attempt, failed, isLast }: Attempt,
  { status, ms, code, retryAfterMs }: Answer<unknown>,
): void {
  if (at === undefined || firstAt === undefined) return;
  if (isLast) gaveUp.add(failed, { route, phase: phaseAt(firstAt) });
  if (isSuccess(status)) served.add(1, { route, phase: phaseAt(at) });
  const rounded = Math.round(ms * 10) / 10;
  logCall({
    t: at,
    b: firstAt,
    route,
    s: status,
    ms: rounded,
    n: attempt,
    f: failed ? 1 : 0,
    ...(code === undefined ? {} : { code }),
  });
  const refused = status === 429 || status === 503;
  if (refused && retryAfterMs === undefined) logSeen('no-retry-after', { route, status });
}

function worthRepeating({ status, code }: Answer<unknown>): boolean {
  return status === 0 || status === 429 || status === 503 || code === 'idempotency_in_flight';
}

/** An answer with which the caller got what there was to get: a success, or a refusal that the domain means. */
function stands(route: RouteName, { status, code }: Answer<unknown>): boolean {
  return isSuccess(status) || (code !== undefined && routes[route].includes(code));
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 400;
}

/** An answer cut off within its body is none that could be read: `undefined`, as an empty one. */
function parsed(body: unknown): unknown {
  if (typeof body !== 'string' || body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return body; // the stream of an order is text
  }
}

function codeOf(content: unknown): { code?: string } {
  const { code } = (content ?? {}) as { code?: unknown };
  return typeof code === 'string' ? { code } : {};
}
