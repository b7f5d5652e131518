import type { Api, ReplyOf, RequestOf, Route } from '@stampede/contracts';
import {
  BudgetSpent,
  UnknownOutcome,
  budgetHeader,
  isRefusal,
  outcomeOf,
  type Budget,
  type BulkheadOptions,
  type CircuitBreakerOptions,
  type EjectionOptions,
  type HedgeOptions,
  type Policy,
  type Priority,
  type RetryBudgetOptions,
  type RetryOptions,
} from '@stampede/resilience';
import { clientTracing, metricsOf } from '@stampede/telemetry';
import type { Dispatcher } from 'undici';
import { noteBusy } from './busy-behind';
import type { Environment } from './config';
import { DomainError, RemoteProblem, Unavailable } from './errors';
import { giveWayHeader } from './give-way';
import { guardOf } from './peer-guard';
import { PeerFailure, readReply, wireWriter } from './peer-request';
import { CALLER_ID_HEADER, CALLER_ROLE_HEADER, RELEASE_HEADER, type CallerIdentity } from './routing';
import type { AnyConfig } from './settings';

export interface PeerOptions {
  /** Every replica, or the one name behind which a cluster hides them. */
  readonly addresses: readonly string[];
  /** Who calls; labels the metrics. */
  readonly service?: string;
  /** Names the policy; default the api's service. */
  readonly name?: string;
  /** The longest that one attempt may take; default 2,000 ms, and never longer than the budget. */
  readonly timeoutMs?: number;
  readonly bulkhead?: BulkheadOptions;
  readonly breaker?: CircuitBreakerOptions;
  /** `false` where a mesh ejects, or where the list is one name. */
  readonly ejection?: EjectionOptions | false;
  /**
   * `false` where a caller above retries already: retries happen at one layer only. Default three attempts, for a
   * fifth of the calls and ten a second.
   */
  readonly retries?: (RetryOptions & RetryBudgetOptions) | false;
  readonly hedge?: HedgeOptions;
  /** Of the process: a lab switches protections off by it. */
  readonly env?: Environment;
}

/** What is particular to one call of a peer. */
export interface PeerCall {
  readonly budget?: Budget;
  readonly caller?: CallerIdentity | undefined;
  readonly idempotencyKey?: string;
  /** True: doing it twice is the same as doing it once. GET, PUT, DELETE and calls with a key are anyway. */
  readonly idempotent?: boolean;
  readonly priority?: Priority;
  readonly timeoutMs?: number;
  /** Goes to the version of the peer that is being released, where there is one. */
  readonly release?: 'canary';
}

/**
 * One function per route. @throws the peer's own problem (RemoteProblem), unavailable (nothing was done),
 * outcome_unknown, budget_spent
 */
export type Peer<A extends Api> = {
  readonly [Name in keyof A['routes']]: (
    input: RequestOf<A['routes'][Name]>,
    call?: PeerCall,
  ) => Promise<ReplyOf<A['routes'][Name]>>;
};

/** Calls that wait for an answer of one peer at a time; above it, a slow peer would hold everything of this process. */
const MOST_IN_FLIGHT = 128;
const MOST_QUEUED = 256;
const ATTEMPT_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 1_000;
const MOST_ATTEMPTS = 3;
/** Besides the fifth of all calls: a quiet shop must get over the restart of a replica as well. */
const RETRIES_PER_SECOND = 10;
const CONNECTIONS_PER_ADDRESS = 64;

/** The typed client of a peer, made from its contract: balanced over its addresses, guarded by one policy. */
export function peer<A extends Api>(api: A, options: PeerOptions): Peer<A> {
  const name = options.name ?? api.service;
  const dispatcher = dispatcherOf(name);
  const guard = guardOf(
    {
      name,
      timeoutMs: options.timeoutMs ?? ATTEMPT_TIMEOUT_MS,
      bulkhead: options.bulkhead ?? { maxInFlight: MOST_IN_FLIGHT, maxQueue: MOST_QUEUED },
      breaker: options.breaker ?? {},
      balancer: {
        addresses: options.addresses,
        ...(options.ejection === undefined ? {} : { ejection: options.ejection }),
      },
      retry: retriesOf(options),
      ...(options.hedge === undefined ? {} : { hedge: options.hedge }),
    },
    options.env,
  );
  const observe = attemptObserver(name, options.service);
  const operations = Object.entries(api.routes).map(([operation, route]) => [
    operation,
    callOf({ name, operation, route, guard, dispatcher, observe }),
  ]);
  return Object.freeze(Object.fromEntries(operations)) as Peer<A>;
}

/**
 * Where a caller above retries, a call still goes on to the next replica when nobody took its connection: nothing was
 * sent, and to wait for the caller's next try would cost a second.
 */
function retriesOf({ retries = {}, addresses }: PeerOptions): RetryOptions & RetryBudgetOptions {
  if (retries === false)
    return { maxAttempts: addresses.length, baseMs: 0, unsentOnly: true, floorPerSecond: RETRIES_PER_SECOND };
  return { maxAttempts: MOST_ATTEMPTS, floorPerSecond: RETRIES_PER_SECOND, ...retries };
}

/** Loaded with the first peer: most services have none, and undici is 40 ms of CPU at a start. */
function dispatcherOf(name: string): Dispatcher {
  const { Agent } = require('undici') as typeof import('undici');
  return new Agent({
    connections: CONNECTIONS_PER_ADDRESS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: 0, // the attempt's own timer decides, to the millisecond
    bodyTimeout: 0,
  }).compose(clientTracing({ peer: name }));
}

/** The peers of a service by the addresses in its settings. */
export function peersOf<Apis extends Readonly<Record<string, Api>>>(
  config: AnyConfig,
  apis: Apis,
  overrides: { readonly [Name in keyof Apis]?: Omit<PeerOptions, 'addresses'> } = {},
): { readonly [Name in keyof Apis]: Peer<Apis[Name]> } {
  const entries = Object.entries(apis).map(([key, api]) => {
    const addresses = config.peers[api.service];
    if (addresses === undefined)
      throw new Error(`${config.service} does not list ${api.service} among the peers of its settings`);
    const ejection = addresses.length > 1 ? {} : false;
    const given = { ejection, service: config.service, env: config.env, ...overrides[key] } as const;
    return [key, peer(api, { ...given, addresses })];
  });
  return Object.fromEntries(entries) as { readonly [Name in keyof Apis]: Peer<Apis[Name]> };
}

interface Operation {
  readonly name: string;
  readonly operation: string;
  readonly route: Route;
  readonly guard: Policy<string>;
  readonly dispatcher: Dispatcher;
  readonly observe: (operation: string, outcome: string | number, startedAt: number) => void;
}

function callOf({ name, operation, route, guard, dispatcher, observe }: Operation) {
  const write = wireWriter(route);
  const safe = route.method === 'GET';
  return async (input: Readonly<Record<string, unknown>>, call: PeerCall = {}): Promise<unknown> => {
    const { path, body } = write(input);
    const fixed = headersOf(call, body !== undefined);
    const attempt = async (signal: AbortSignal, _attemptNumber: number, origin: string) => {
      const startedAt = performance.now();
      try {
        const rest = call.budget === undefined ? {} : { [budgetHeader]: call.budget.toHeader() };
        const headers = { ...fixed, ...rest, ...giveWayHeader() };
        const request = { origin, path, method: route.method, headers, body: body ?? null, signal, operation };
        const response = await dispatcher.request(request);
        noteBusy(response.headers);
        const reply = await readReply(name, route, response);
        observe(operation, route.status, startedAt);
        return reply;
      } catch (error) {
        observe(operation, outcomeLabel(error), startedAt);
        throw error;
      }
    };
    const { budget, priority, timeoutMs } = call;
    const idempotent = call.idempotent === true || call.idempotencyKey !== undefined;
    const policyCall = {
      method: route.method,
      ...(idempotent ? { idempotent } : {}),
      ...(budget === undefined ? {} : { budget }),
      ...(priority === undefined ? {} : { priority }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
    return guard.run(policyCall, attempt).catch((error: unknown) => {
      throw asDomainError(name, safe, error);
    });
  };
}

function headersOf(call: PeerCall, hasBody: boolean): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (hasBody) headers['content-type'] = 'application/json';
  if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey;
  if (call.release !== undefined) headers[RELEASE_HEADER] = call.release;
  if (call.caller !== undefined) {
    headers[CALLER_ID_HEADER] = call.caller.id;
    headers[CALLER_ROLE_HEADER] = call.caller.role;
  }
  return headers;
}

/** What the service above may rely on: nothing done, or nobody knows, or the peer's own refusal. */
export function asDomainError(peer: string, safe: boolean, error: unknown): unknown {
  if (error instanceof RemoteProblem && error.code !== 'internal' && error.code !== 'outcome_unknown') return error;
  if (error instanceof BudgetSpent) return error;
  const outcome = outcomeOf(error);
  const nothingDone = safe || isRefusal(error) || outcome === 'not_sent' || outcome === 'refused';
  if (!nothingDone) return error instanceof UnknownOutcome ? error : new UnknownOutcome('gateway', { cause: error });
  const { retryAfterMs } = error as { retryAfterMs?: number };
  return new Unavailable(`${peer} cannot be reached`, retryAfterMs, { cause: error });
}

function outcomeLabel(error: unknown): string | number {
  if (error instanceof PeerFailure) return error.status ?? 'unreadable';
  return error instanceof DomainError ? error.status : outcomeOf(error);
}

function attemptObserver(peer: string, service: string | undefined): Operation['observe'] {
  if (service === undefined) return () => undefined;
  const metrics = metricsOf(service);
  const kept = new Map<string, { observe(seconds: number): void }>();
  return (operation, outcome, startedAt) => {
    const key = `${operation} ${outcome}`;
    const series = kept.get(key) ?? metrics.series('peerCallDuration', { peer, operation, outcome });
    kept.set(key, series);
    series.observe((performance.now() - startedAt) / 1_000);
  };
}
