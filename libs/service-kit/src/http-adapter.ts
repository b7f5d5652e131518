import { FastifyAdapter } from '@nestjs/platform-fastify';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import {
  fastify,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyHttpOptions,
} from 'fastify';
import type { INestApplication } from '@nestjs/common';
import { accepts } from './accept';
import { Answer } from './answer';
import { BUSY_HEADER } from './busy-behind';
import { callDirectly, type RequestHandler } from './direct-handlers';
import { Refused } from './errors';
import { readJsonBodies } from './json-body';
import { noteGiveWay } from './give-way';
import { MethodTable } from './method-table';
import type { Arrival } from './overload';
import { PROBLEM_TYPE, problemOf } from './problem';
import type { ProblemFilter } from './problem.filter';
import { holdBudgets, startBudget } from './request-budget';
import type { RouteFacts } from './routing';

/** The contract's limit of a request body. */
export const BODY_LIMIT_BYTES = 64 * 1024;
/**
 * Longer than any client keeps an idle connection, so that the client closes first and no request meets a closing
 * socket.
 */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** A request must have arrived whole by then; a slow sender holds a socket no longer. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Where Nest's adapter looks for the `config` of a route. */
const ROUTE_CONFIG = '__fastify_route_config__';
const LONGEST_PARAMETER = 500;
const EVENT_STREAM = 'text/event-stream';

export interface AdapterOptions {
  readonly filter: ProblemFilter;
  /** While true, every answer ends its connection, so that clients reconnect elsewhere. */
  readonly draining: () => boolean;
  /** Of a service behind the edge, whose callers are the shop's own: what it tells them with every answer. */
  readonly behind?: { readonly busy: () => boolean };
  /** @throws overloaded where such a request is not served now */
  readonly admit: (arrival: Arrival, response: ServerResponse) => void | Promise<void>;
  /** Stands in front of the framework: may answer a request before it. */
  readonly door?: { watch(fastify: FastifyInstance): void; before(listener: RequestListener): RequestListener };
  /** Hooks that must see every request, refused ones too: tracing and metrics. */
  readonly observe?: (fastify: FastifyInstance) => void;
}

/** Nest's Fastify adapter with the manners of the contract: problems, 405, 406, 415, body limit, budgets. */
export class ServiceAdapter extends FastifyAdapter {
  private readonly methods = new MethodTable();
  private readonly slots = new Map<RouteFacts, { handler: RequestHandler }>();

  constructor(private readonly manners: AdapterOptions) {
    const server = fastify(serverOptions(manners));
    const { addHook } = server;
    super(withoutAdapterHooks(server) as never);
    server.addHook = addHook;
    this.methods.watch(server);
    answerOddRequests(server);
    manners.door?.watch(server);
    manners.observe?.(server);
    readJsonBodies(server);
    holdBudgets(server);
    server.addHook('onRequest', (request, reply, done) => this.greet(request, reply, done));
  }

  /**
   * Every route of `@Handle` goes through a slot, so that a direct call can take it over once the controllers exist.
   */
  override get(...route: Parameters<FastifyAdapter['get']>) {
    return super.get(...this.slotted(route));
  }

  override post(...route: Parameters<FastifyAdapter['post']>) {
    return super.post(...this.slotted(route));
  }

  override put(...route: Parameters<FastifyAdapter['put']>) {
    return super.put(...this.slotted(route));
  }

  override delete(...route: Parameters<FastifyAdapter['delete']>) {
    return super.delete(...this.slotted(route));
  }

  /**
   * Calls handlers without Nest's router where that does the same. To be called when the application is initialised.
   */
  callDirectly(app: INestApplication): void {
    callDirectly(app, {
      reply: (reply, body, status) => void this.reply(reply, body, status),
      fail: (error, request, reply) => this.manners.filter.answer(error, request, reply),
      serve: (facts, handler) => {
        const slot = this.slots.get(facts);
        if (slot !== undefined) slot.handler = handler;
      },
    });
  }

  private slotted<R extends unknown[]>(route: R): R {
    const nestHandler = route.at(-1) as RequestHandler & object;
    const facts = (Reflect.getMetadata(ROUTE_CONFIG, nestHandler) as { stampede?: RouteFacts } | undefined)?.stampede;
    if (facts === undefined) return route;
    const slot = { handler: nestHandler as RequestHandler };
    this.slots.set(facts, slot);
    const handler: RequestHandler = (request, reply) => slot.handler(request, reply);
    for (const key of Reflect.getMetadataKeys(nestHandler))
      Reflect.defineMetadata(key, Reflect.getMetadata(key, nestHandler), handler);
    return [...route.slice(0, -1), handler] as R;
  }

  /** Runs before the body is read: what will not be served is refused cheaply. */
  private greet(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    if (this.manners.draining()) reply.header('connection', 'close');
    if (this.manners.behind !== undefined) {
      noteGiveWay(request.headers);
      if (this.manners.behind.busy()) reply.header(BUSY_HEADER, '1');
    }
    if (request.is404 || !isRequestTarget(request.originalUrl)) {
      this.refuseUnknown(request, reply);
      return;
    }
    const facts = (request.routeOptions.config as { stampede?: RouteFacts }).stampede;
    try {
      refuseOddRequest(request);
      if (!accepts(request.headers.accept, facts?.produces ?? 'application/json')) {
        throw new Refused('not_acceptable', `only ${facts?.produces ?? 'application/json'} can be had here`);
      }
      if (startBudget(request).spent) throw new Refused('budget_spent');
      // What lasts on purpose: a stream, and an answer that is waited for.
      const lasting = facts?.produces === EVENT_STREAM || request.headers.prefer !== undefined;
      const turn = this.manners.admit({ priority: facts?.priority ?? 'normal', lasting }, reply.raw);
      if (turn === undefined) return done();
      turn.then(
        () => done(),
        (error: unknown) => this.manners.filter.answer(error, request, reply),
      );
    } catch (error) {
      this.manners.filter.answer(error, request, reply);
    }
  }

  private refuseUnknown(request: FastifyRequest, reply: FastifyReply): void {
    const path = request.originalUrl.split('?', 1)[0] ?? '';
    const allowed = this.methods.allowed(path);
    if (allowed.length === 0) {
      this.manners.filter.answer(new Refused('not_found', 'no route has this path'), request, reply);
      return;
    }
    const headers = { allow: allowed.join(', ') };
    if (request.method === 'OPTIONS') void reply.code(204).headers(headers).send();
    else
      this.manners.filter.answer(
        new Refused('method_not_allowed', `allowed: ${headers.allow}`, { headers }),
        request,
        reply,
      );
  }

  /** Nest's own `reply` also serves raw responses and files; here there are only Fastify's replies. */
  override reply(reply: FastifyReply | ServerResponse, body: unknown, status?: number): FastifyReply {
    const response = reply as FastifyReply;
    if (response.sent) return response;
    if (this.manners.draining()) response.header('connection', 'close'); // one that was in flight when the drain began
    if (!(body instanceof Answer)) {
      if (status !== undefined) response.code(status);
      return response.send(body);
    }
    const { headers, status: own } = body.options;
    if (headers !== undefined) response.headers(headers);
    if (own !== undefined) response.code(own);
    return response.send(body.body);
  }
}

/** Origin and absolute form. Fastify would route `*orders` as `/orders`. @see RFC 9112, section 3.2 */
function isRequestTarget(target: string): boolean {
  return target.startsWith('/') || /^https?:\/\//.test(target);
}

function serverOptions({ filter, door }: AdapterOptions): FastifyHttpOptions<Server> {
  return {
    serverFactory: (listener) => serverOf(door?.before(listener) ?? listener),
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    genReqId: () => '', // requests are told apart by their trace id
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, request, reply) => filter.answer(error, request, reply),
  };
}

/** A missing Host header is refused by us: Node would do so without a problem and a trace id. */
function serverOf(listener: RequestListener): Server {
  const timeouts = { keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  return createServer({ ...timeouts, requireHostHeader: false }, listener);
}

/**
 * Requests are checked by the contract's schemas; without this Fastify loads two compilers of its own, for 25 ms of
 * CPU.
 */
function noSchemas(): never {
  throw new Error('routes are checked by the schemas of their contract, not by those of Fastify');
}

/**
 * Nest's adapter adds seven hooks to every request for features that are off here (middleware, CORS, versions by
 * header); they cost more than all of ours. While it is constructed, none is added.
 */
function withoutAdapterHooks(server: FastifyInstance): FastifyInstance {
  return Object.assign(server, { addHook: () => server, skipMiddie: true });
}

/** What Node would answer by itself, without a problem and a trace id, comes to the routes' hooks like any request. */
function answerOddRequests({ server }: FastifyInstance): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', (_, socket) => refuse(socket as Socket, 'this is no proxy: CONNECT is not served'));
}

function refuseOddRequest({ headers, raw }: FastifyRequest): void {
  if (headers.host === undefined && raw.httpVersion === '1.1')
    throw new Refused('validation_failed', 'the Host header is missing');
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue')
    throw new Refused('expectation_failed', 'only 100-continue can be expected');
}

/** For bytes that are no HTTP request. */
function refuseUnreadable(this: unknown, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const detail = error.code === 'HPE_HEADER_OVERFLOW' ? 'the headers are too large' : 'this is not an HTTP request';
  refuse(socket, detail);
}

/** Where there is no reply to send, the answer is written by hand. */
function refuse(socket: Socket, detail: string): void {
  const body = JSON.stringify(problemOf({ code: 'validation_failed', detail, unexpected: false }, '/'));
  const type = `content-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}`;
  const traceId = randomBytes(16).toString('hex');
  const head = `HTTP/1.1 400 Bad Request\r\n${type}\r\nx-trace-id: ${traceId}\r\nconnection: close`;
  socket.end(`${head}\r\n\r\n${body}`);
}
