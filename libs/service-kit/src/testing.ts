import 'reflect-metadata';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Api, InputOf, ReplyOf, Route } from '@stampede/contracts';
import { Answer } from './answer';
import type { Environment, Variables } from './config';
import { Refused } from './errors';
import { ServiceAdapter } from './http-adapter';
import { inputParser } from './input';
import { ProblemFilter } from './problem.filter';
import { nestPath } from './routing';
import { RunningService, type ServiceParts } from './running-service';
import type { ServiceConfig, Settings } from './settings';

export { RunningService } from './running-service';

/** What a fake peer was asked, in order. */
export interface FakeCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly headers: FastifyRequest['headers'];
}

export interface FakeContext {
  readonly headers: FastifyRequest['headers'];
  /** Breaks the connection without an answer, as a crash after the effect does. */
  drop(): never;
}

type Reply<R extends Route> = ReplyOf<R> | Answer<ReplyOf<R>>;
/** Conditional, so that the compiler knows the reply's literals before it looks at a handler without parameters. */
type FakeHandler<R> = R extends Route
  ? (input: InputOf<R>, context: FakeContext) => Reply<R> | Promise<Reply<R>>
  : never;
export type FakeHandlers<A extends Api> = { -readonly [Name in keyof A['routes']]?: FakeHandler<A['routes'][Name]> };

/**
 * A peer made from its contract, over real HTTP: it refuses what the contract refuses, and cannot answer what the
 * contract does not say.
 */
export interface FakePeer<A extends Api> {
  readonly url: string;
  readonly calls: FakeCall[];
  /** May be changed at any time; an operation without a handler answers 500. */
  readonly handlers: FakeHandlers<A>;
  close(): Promise<void>;
}

/** Starts a fake of a peer. Throw a DomainError in a handler to refuse. */
export async function fakePeer<A extends Api>(api: A, handlers: FakeHandlers<A> = {}): Promise<FakePeer<A>> {
  const filter = new ProblemFilter({ error: () => undefined }, () => false);
  const adapter = new ServiceAdapter({ filter, draining: () => false, admit: () => undefined });
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  fastify.setErrorHandler((error, request, reply) => filter.answer(error, request, reply));
  const calls: FakeCall[] = [];
  for (const [operation, route] of Object.entries(api.routes)) {
    const parse = inputParser(route);
    fastify.route({
      method: route.method,
      url: nestPath(route.path),
      handler: async (request, reply) => {
        const input = parse(request) as Record<string, unknown>;
        calls.push({ operation, input, headers: request.headers });
        const handler = handlers[operation] as ((input: unknown, context: FakeContext) => unknown) | undefined;
        if (handler === undefined) throw new Refused('internal', `the fake ${api.service} has no ${operation}`);
        const answer = await handler(input, { headers: request.headers, drop: () => drop(request) });
        if (!(answer instanceof Answer)) route.reply.parse(answer);
        adapter.reply(reply, answer, route.status);
        return reply;
      },
    });
  }
  const url = await fastify.listen({ host: '127.0.0.1', port: 0 });
  const close = async () => {
    fastify.server.closeAllConnections();
    await fastify.close();
  };
  return { url, calls, handlers, close };
}

function drop(request: FastifyRequest): never {
  request.raw.socket.destroy();
  throw new Refused('internal', 'the connection was dropped');
}

export interface OpenServiceOptions<S extends Variables> {
  readonly settings: Settings<S>;
  readonly load: (config: ServiceConfig<S>) => Promise<ServiceParts> | ServiceParts;
  /**
   * The whole environment of the service; nothing of the real one gets in. `DATABASE_URL` and the like come from the
   * test's database.
   */
  readonly env?: Environment;
}

/** Starts a service as `boot` does, without tying it to the process: real HTTP, real stores. Stop it in afterAll. */
export async function openService<S extends Variables>(options: OpenServiceOptions<S>): Promise<RunningService> {
  const config = options.settings.load(options.env ?? {});
  const service = new RunningService(config, await options.load(config), options.settings.needs);
  try {
    return await service.start();
  } catch (error) {
    await service.stop();
    throw error;
  }
}
