import type { ProblemCode } from '@stampede/contracts';
import type { IncomingMessage, ServerResponse } from 'node:http';

const statuses: Partial<Record<ProblemCode, number>> = {
  validation_failed: 400,
  idempotency_key_missing: 400,
  unauthenticated: 401,
  not_admitted: 403,
  not_found: 404,
  purchase_limit: 409,
  sold_out: 409,
  hold_expired: 409,
  hold_used: 409,
  not_on_sale: 409,
  idempotency_conflict: 422,
};

/** Thrown where the shop says no. */
export class Refusal extends Error {
  constructor(readonly code: ProblemCode) {
    super(code);
  }
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export function refuse(code: ProblemCode): never {
  throw new Refusal(code);
}

export function page<Item>(items: Item[], query: URLSearchParams) {
  const number = Number(query.get('page') ?? 1);
  const pageSize = Number(query.get('pageSize') ?? 20);
  return {
    items: items.slice((number - 1) * pageSize, number * pageSize),
    page: number,
    pageSize,
    total: items.length,
  };
}

export function attempt(act: () => Answer, path: string): Answer {
  try {
    return act();
  } catch (error) {
    return problem(error, path);
  }
}

export function problem(error: unknown, instance: string): Answer {
  const code = error instanceof Refusal ? error.code : 'internal';
  const status = statuses[code] ?? 500;
  const headers = {
    'content-type': 'application/problem+json',
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  };
  return { status, headers, body: { type: `urn:problem:${code}`, title: code, status, detail: code, instance, code } };
}

export function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
}

export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return pieces.length === 0 ? {} : (JSON.parse(Buffer.concat(pieces).toString('utf8')) as Record<string, unknown>);
}
