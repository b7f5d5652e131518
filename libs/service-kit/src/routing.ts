import { HttpCode, RequestMapping, RequestMethod, SetMetadata, applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Role, type Api, type InputOf, type Route } from '@stampede/contracts';
import type { Priority } from '@stampede/resilience';
import { Refused, Unauthenticated } from './errors';
import { inputParser, type RawInput } from './input';
import { budgetOf } from './request-budget';
import { requestParameter } from './request-parameter';

export interface HandleOptions {
  /** What the route is worth when not all can be served: `critical` is shed last. Default `normal`. */
  readonly priority?: Priority;
  /** The media type of a success, default `application/json`. */
  readonly produces?: string;
}

/** What the hooks of the server know of a matched route; `routeOptions.config.stampede`. */
export interface RouteFacts {
  readonly path: string;
  readonly priority: Priority;
  readonly produces: string;
  readonly status: number;
}

const FACTS = Symbol('route facts');

/** What `@Handle` said of a method. */
export function factsOf(method: object): RouteFacts | undefined {
  return Reflect.getMetadata(FACTS, method) as RouteFacts | undefined;
}

/** The headers by which the gateway tells a service who asks; a service's port is not reachable from outside. */
export const CALLER_ID_HEADER = 'x-caller-id';
export const CALLER_ROLE_HEADER = 'x-caller-role';
/** Who sends it gets the version that is being released: istio/release-policy.yaml. */
export const RELEASE_HEADER = 'x-release';

/** Whom the gateway (or the service that calls) vouches for. */
export interface CallerIdentity {
  readonly id: string;
  readonly role: Role;
}

/** Serves a route of the contract: its verb, its path and its success status. Pair it with `@Input(route)`. */
export function Handle(route: Route, options: HandleOptions = {}): MethodDecorator {
  const facts: RouteFacts = {
    path: route.path,
    priority: options.priority ?? 'normal',
    produces: options.produces ?? 'application/json',
    status: route.status,
  };
  return applyDecorators(
    RequestMapping({ method: RequestMethod[route.method], path: nestPath(route.path) }),
    HttpCode(route.status),
    RouteConfig({ stampede: facts }),
    SetMetadata(FACTS, facts),
  );
}

/** `/holds/{holdId}` as Nest and Fastify write it: `/holds/:holdId`. */
export function nestPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** The checked and flattened input of a route, typed `InputOf<typeof route>`. @throws validation_failed */
export function Input<R extends Route>(route: R): ParameterDecorator {
  return parse(inputParser(route) as (raw: RawInput) => unknown);
}

const parse = requestParameter((request, parser: (raw: RawInput) => unknown) => parser(request), 'input');

interface CallerOptions {
  readonly optional?: boolean;
}

const caller = requestParameter(({ headers }, { optional = false }: CallerOptions) => {
  const id = headers[CALLER_ID_HEADER];
  const role = Role.safeParse(headers[CALLER_ROLE_HEADER]);
  if (typeof id === 'string' && id !== '' && role.success) return { id, role: role.data } satisfies CallerIdentity;
  if (optional) return undefined;
  throw new Unauthenticated();
}, 'caller');

/** Who asks: `CallerIdentity`; with `{ optional: true }` undefined for an anonymous call. @throws unauthenticated */
export function Caller(options: CallerOptions = {}): ParameterDecorator {
  return caller(options);
}

const budget = requestParameter((request) => budgetOf(request), 'header');

/** What is left of the request's time: a `Budget` of resilience, made from `x-budget-ms` when the request arrived. */
export function RequestBudget(): ParameterDecorator {
  return budget(undefined);
}

/** Any printable string of at most 255 characters. */
const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/;

const idempotencyKey = requestParameter(({ headers }) => {
  const key = headers['idempotency-key'];
  if (typeof key === 'string' && IDEMPOTENCY_KEY.test(key)) return key;
  throw new Refused('idempotency_key_missing', 'the Idempotency-Key header must have 1 to 255 printable characters');
}, 'header');

/** The `Idempotency-Key` header. @throws idempotency_key_missing */
export function IdempotencyKey(): ParameterDecorator {
  return idempotencyKey(undefined);
}

/** Types of a handler's input, for signatures: `input: RouteInput<typeof ordersApi, 'placeOrder'>`. */
export type RouteInput<A extends Api, Name extends keyof A['routes']> = A['routes'][Name] extends Route
  ? InputOf<A['routes'][Name]>
  : never;
