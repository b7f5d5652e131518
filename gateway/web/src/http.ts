import type { Problem } from '@stampede/contracts';
import { learnShopTime, shopNow } from './clock';

/** The shop answered, and not with success. `code` is stable; `retryAfterMs` is when the shop wants to be asked
 *  again. */
export class ShopProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly retryAfterMs?: number,
  ) {
    super(detail);
  }
}

/** No answer came: offline, dropped, or too slow. What was asked may or may not have been done. */
export class Unreachable extends Error {}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal: AbortSignal;
}

const API = '/api/v1';
const ATTEMPT_MS = 20_000; // above the shop's own budgets, below a buyer's patience

/** One exchange with the shop, never repeated here. @throws ShopProblem, Unreachable, or the abort of `call.signal`. */
export async function exchange(path: string, call: Call): Promise<Response> {
  const attempt = AbortSignal.any([call.signal, AbortSignal.timeout(ATTEMPT_MS)]);
  const response = await send(path, call, attempt);
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** As `exchange`; the JSON of the answer. */
export async function exchangeJson<Reply>(path: string, call: Call): Promise<Reply> {
  const response = await exchange(path, call);
  try {
    return (await response.json()) as Reply;
  } catch (cause) {
    call.signal.throwIfAborted();
    throw new Unreachable('the answer broke off', { cause });
  }
}

/** As `exchange`, but the answer may take as long as it likes: for streams. */
export async function openStream(path: string, call: Call): Promise<Response> {
  const response = await send(path, call, call.signal);
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function send(path: string, call: Call, signal: AbortSignal): Promise<Response> {
  const sentAtMs = Date.now();
  try {
    const response = await fetch(API + path, {
      method: call.method ?? 'GET',
      headers: { ...(call.body === undefined ? {} : { 'content-type': 'application/json' }), ...call.headers },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      cache: 'no-store',
      signal,
    });
    learnShopTime(response.headers.get('date'), sentAtMs, Date.now());
    return response;
  } catch (cause) {
    call.signal.throwIfAborted();
    throw new Unreachable('no answer from the shop', { cause });
  }
}

async function problemOf(response: Response): Promise<ShopProblem> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const code = problem.code ?? (response.status >= 500 ? 'unavailable' : 'unexpected');
  return new ShopProblem(
    response.status,
    code,
    problem.detail ?? '',
    retryAfterMs(response.headers.get('retry-after')),
  );
}

/** Retry-After comes as seconds or as a date. */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const waitMs = Number.isNaN(seconds) ? Date.parse(header) - shopNow() : seconds * 1_000;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
