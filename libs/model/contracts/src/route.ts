import { z } from 'zod';

/** The verbs that a route may answer to. */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

type Schema = z.ZodType;

/** One route of one service: the single source of its validator, its typed client and its OpenAPI operation. */
export interface Route {
  readonly method: Method;
  /** Path with `{name}` parameters, without the public prefix. */
  readonly path: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: Schema;
  /** What a success answers; `z.void()` for an empty body. */
  readonly reply: Schema;
  /** The success status. */
  readonly status: number;
  /** Stable problem codes this route may answer besides those that every route may. */
  readonly codes: readonly ProblemCode[];
}

/** Everything a caller sends, flattened: path parameters, query and body fields in one object. */
export type InputOf<R extends Route> = PartOf<R, 'params'> & PartOf<R, 'query'> & PartOf<R, 'body'>;
/** As `InputOf`, before defaults are applied: what a client has to pass. */
export type RequestOf<R extends Route> = RawPartOf<R, 'params'> & RawPartOf<R, 'query'> & RawPartOf<R, 'body'>;
export type ReplyOf<R extends Route> = z.output<R['reply']>;

type PartOf<R extends Route, K extends 'params' | 'query' | 'body'> = R[K] extends Schema ? z.output<R[K]> : unknown;
type RawPartOf<R extends Route, K extends 'params' | 'query' | 'body'> = R[K] extends Schema ? z.input<R[K]> : unknown;

/** Keeps the literal types of a route's schemas. */
export function route<const R extends Route>(definition: R): R {
  return definition;
}

/** A service's routes by operation name; `service` is its key in the topology. */
export interface Api<Routes extends Record<string, Route> = Record<string, Route>> {
  readonly service: string;
  readonly routes: Routes;
}

/** Names a group of routes so that a typed client can be derived from it. */
export function api<const Routes extends Record<string, Route>>(service: string, routes: Routes): Api<Routes> {
  return { service, routes };
}

/** Every stable problem code with its HTTP status and title; the only place a code is made. */
export const problems = {
  validation_failed: { status: 400, title: 'The request is not valid' },
  malformed_json: { status: 400, title: 'The body is not JSON' },
  idempotency_key_missing: { status: 400, title: 'The Idempotency-Key header is missing or not valid' },
  unauthenticated: { status: 401, title: 'A valid access token is needed' },
  forbidden: { status: 403, title: 'This role may not do this' },
  not_admitted: { status: 403, title: 'The waiting room has not let you in' },
  not_found: { status: 404, title: 'There is no such thing here' },
  method_not_allowed: { status: 405, title: 'This path does not take this method' },
  not_acceptable: { status: 406, title: 'The wanted media type cannot be had' },
  purchase_limit: { status: 409, title: 'More seats than one buyer may have' },
  sold_out: { status: 409, title: 'Too few seats are free' },
  not_on_sale: { status: 409, title: 'Not on sale yet' },
  sale_closed: { status: 409, title: 'The sale is closed' },
  hold_expired: { status: 409, title: 'The hold has expired' },
  hold_used: { status: 409, title: 'The hold already has an order' },
  idempotency_in_flight: { status: 409, title: 'The first request with this key is still running' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  expectation_failed: { status: 417, title: 'What is expected cannot be met' },
  idempotency_conflict: { status: 422, title: 'The key was used with another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'A part of the shop cannot be reached' },
  pricing_unavailable: { status: 503, title: 'No price can be had' },
  overloaded: { status: 503, title: 'The shop is busy' },
  budget_spent: { status: 503, title: 'The time for this request is used up' },
  outcome_unknown: { status: 503, title: 'The outcome is not known yet' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** RFC 9457 problem details as every service answers them; media type `application/problem+json`. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().regex(/^[a-z_]+$/),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof Problem>;

/** Any printable ASCII string of 1..255 characters; HTTP trims blanks at either end. */
export const IDEMPOTENCY_KEY_PATTERN = '^[!-~]([ -~]{0,253}[!-~])?$';
