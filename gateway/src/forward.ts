import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PUBLIC_PREFIX, type Problem } from '@stampede/contracts';
import { Budget, budgetHeader, type Policy, type PolicyCall } from '@stampede/resilience';
import {
  CALLER_ID_HEADER,
  CALLER_ROLE_HEADER,
  CONFIG,
  EventStream,
  PROBLEM_TYPE,
  asDomainError,
  budgetOf,
  giveWayHeader,
  guardOf,
  noteBusy,
} from '@stampede/service-kit';
import { clientTracing } from '@stampede/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Agent, type Dispatcher } from 'undici';
import type { GatewayConfig } from './config';
import type { ForwardedPeer, RouteRow } from './routes';

interface Target {
  readonly guard: Policy<string>;
  readonly dispatcher: Dispatcher;
  /**
   * Connections of calls that last long on purpose: streams, and orders that are waited for. They must not use up those
   * of the others.
   */
  readonly patient: Dispatcher;
}

interface Passed {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly text: string;
}

/**
 * An answer that says more of the peer than of the request; the policy judges the peer by it, and it is passed on when
 * nothing helps.
 */
class PeerTrouble extends Error {
  readonly retryAfterMs: number | undefined;
  constructor(readonly passed: Passed) {
    super(`answered ${passed.status}`);
    const retryAfter = Number(passed.headers['retry-after']);
    this.retryAfterMs = Number.isFinite(retryAfter) ? retryAfter * 1_000 : undefined;
  }
  get status(): number {
    return this.passed.status;
  }
}

const REQUEST_HEADERS = [
  'accept',
  'content-type',
  'idempotency-key',
  'prefer',
  'last-event-id',
  CALLER_ID_HEADER,
  CALLER_ROLE_HEADER,
];
const ANSWER_HEADERS = [
  'content-type',
  'location',
  'retry-after',
  'preference-applied',
  'idempotent-replayed',
  'allow',
];
/** Streams and waits that one replica of the gateway carries to one replica of a peer. */
const MOST_PATIENT = 4_096;
/** A stream's first byte; what follows lasts as long as its order. */
const STREAM_HEAD_MS = 3_000;
/** A hung replica must leave time to ask another one. */
const ATTEMPT_SHARE = 0.45;
const CONNECT_TIMEOUT_MS = 1_000;
const MOST_IN_FLIGHT = 256;
const MOST_QUEUED = 512;
const MOST_ATTEMPTS = 3;

/** Passes a request on to the service that answers it, under the policy of that peer, and its answer back as it is. */
@Injectable()
export class Forward implements OnApplicationShutdown {
  private readonly targets: Readonly<Record<ForwardedPeer, Target>>;
  private readonly agents: Agent[] = [];

  constructor(@Inject(CONFIG) config: GatewayConfig) {
    const target = (peer: ForwardedPeer): Target => this.open(peer, config);
    this.targets = {
      catalog: target('catalog'),
      inventory: target('inventory'),
      orders: target('orders'),
      audit: target('audit'),
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent.destroy()));
  }

  /** @throws unavailable, outcome_unknown, overloaded, budget_spent */
  async answer(row: RouteRow, request: FastifyRequest, reply: FastifyReply, waitMs = 0): Promise<void> {
    const { guard, dispatcher, patient } = this.targetOf(row);
    const budget = waitMs === 0 ? budgetOf(request) : Budget.ofMs(row.budgetMs + waitMs);
    const send = this.sender(waitMs === 0 ? dispatcher : patient, row, request, budget);
    try {
      const passed = await guard.run(callOf(row, budget, waitMs), async (signal, _, address) =>
        read(await send(signal, address)),
      );
      pass(passed, request, reply);
    } catch (error) {
      if (!(error instanceof PeerTrouble)) throw asDomainError(row.peer ?? '', row.route.method === 'GET', error);
      pass(error.passed, request, reply);
    }
  }

  /** As `answer`, for a route whose success is a stream of events: that lasts as long as both ends want it to. */
  async stream(row: RouteRow, request: FastifyRequest, reply: FastifyReply, events: EventStream): Promise<void> {
    const { guard, patient } = this.targetOf(row);
    const send = this.sender(patient, row, request, budgetOf(request));
    const call = { ...callOf(row, budgetOf(request), 0), bulkhead: false, timeoutMs: STREAM_HEAD_MS } as const;
    try {
      const response = await guard.run(call, async (signal, _attempt, address) =>
        opened(await send(headSignal(signal, events.closed), address)),
      );
      if (response.statusCode !== 200) pass(await read(response), request, reply);
      else await events.pass(response.body);
    } catch (error) {
      if (events.closed.aborted) return; // the buyer has gone, and nobody waits for an answer
      if (!(error instanceof PeerTrouble)) throw asDomainError(row.peer ?? '', true, error);
      pass(error.passed, request, reply);
    }
  }

  private targetOf({ operation, peer }: RouteRow): Target {
    if (peer === undefined) throw new Error(`${operation} is not passed on`);
    return this.targets[peer];
  }

  private open(peer: ForwardedPeer, { peers, env }: GatewayConfig): Target {
    const addresses = peers[peer] ?? [];
    const replicated = addresses.length > 1;
    const agent = (connections: number): Agent => {
      const opened = new Agent({
        connections,
        connect: { timeout: CONNECT_TIMEOUT_MS },
        headersTimeout: 0, // the policy's timer decides
        bodyTimeout: 0,
      });
      this.agents.push(opened);
      return opened;
    };
    const guard = guardOf(
      {
        name: `forward-${peer}`,
        bulkhead: { maxInFlight: MOST_IN_FLIGHT, maxQueue: MOST_QUEUED },
        breaker: {},
        retry: { maxAttempts: MOST_ATTEMPTS },
        balancer: { addresses, ejection: replicated ? {} : false },
        ...(replicated ? { hedge: {} } : {}),
      },
      env,
    );
    const traced = (dispatcher: Agent) => dispatcher.compose(clientTracing({ peer }));
    return { guard, dispatcher: traced(agent(MOST_IN_FLIGHT)), patient: traced(agent(MOST_PATIENT)) };
  }

  private sender(dispatcher: Dispatcher, row: RouteRow, request: FastifyRequest, budget: Budget) {
    const path = originForm(request.url).slice(PUBLIC_PREFIX.length);
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    const fixed: Record<string, string> = {};
    for (const name of REQUEST_HEADERS) {
      const value = request.headers[name];
      if (typeof value === 'string') fixed[name] = value;
    }
    return async (signal: AbortSignal, origin: string): Promise<Dispatcher.ResponseData> => {
      const headers = { ...fixed, [budgetHeader]: budget.toHeader(), ...giveWayHeader() };
      const call = { origin, path, method: row.route.method, headers, body, signal, operation: row.operation };
      const response = await dispatcher.request(call as Dispatcher.RequestOptions);
      noteBusy(response.headers);
      return response;
    };
  }
}

function callOf({ operation, route, priority, budgetMs }: RouteRow, budget: Budget, waitMs: number): PolicyCall {
  const call = { method: route.method, idempotent: route.method !== 'POST' || route.keyed === true, budget, priority };
  if (waitMs > 0) return { ...call, bulkhead: false }; // who waits on purpose takes no place from those that work
  return operation === 'audit' ? call : { ...call, timeoutMs: budgetMs * ATTEMPT_SHARE };
}

/** Of a stream's first byte: given up when the policy's time is over or the buyer has gone. */
function headSignal(attempt: AbortSignal, gone: AbortSignal): AbortSignal {
  return AbortSignal.any([attempt, gone]);
}

async function read(response: Dispatcher.ResponseData): Promise<Passed> {
  const passed = { status: response.statusCode, headers: response.headers, text: await response.body.text() };
  if (passed.status >= 500 || passed.status === 429) throw new PeerTrouble(passed);
  return passed;
}

async function opened(response: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
  if (response.statusCode >= 500) await read(response);
  return response;
}

function pass({ status, headers, text }: Passed, request: FastifyRequest, reply: FastifyReply): void {
  reply.code(status);
  for (const name of ANSWER_HEADERS) {
    const value = headers[name];
    if (value !== undefined) reply.header(name, value);
  }
  void reply.send(
    String(headers['content-type'] ?? '').startsWith(PROBLEM_TYPE) ? withPublicPath(text, request) : text,
  );
}

/** A client may write the whole address into its request line; a service is asked by path. @see RFC 9112, 3.2.2 */
function originForm(url: string): string {
  if (url.startsWith('/')) return url;
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** A problem names the path that the client asked for, not the service's. */
function withPublicPath(text: string, { url }: FastifyRequest): string {
  const problem = JSON.parse(text) as Problem;
  return JSON.stringify({ ...problem, instance: originForm(url).split('?', 1)[0] });
}
