import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/internal';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parameterReaders } from './request-parameter';
import { factsOf, type RouteFacts } from './routing';

export type RequestHandler = (request: FastifyRequest, reply: FastifyReply) => unknown;
type Method = (...parameters: unknown[]) => unknown;

export interface Direct {
  readonly reply: (reply: FastifyReply, body: unknown, status: number) => void;
  readonly fail: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;
  /** Takes over a route from Nest's router. */
  readonly serve: (facts: RouteFacts, handler: RequestHandler) => void;
}

const ENHANCERS = [GUARDS_METADATA, INTERCEPTORS_METADATA, PIPES_METADATA, EXCEPTION_FILTERS_METADATA];

/**
 * Calls handlers without Nest's router between, which costs a third of a whole request (bench/equipped-
 * service.bench.ts). Only those for which the router would do nothing more: no guard, interceptor, pipe or filter, no
 * parameter of another decorator, one instance for all requests. All others keep Nest's own path.
 */
export function callDirectly(app: INestApplication, direct: Direct): void {
  if (hasGlobalEnhancers(app.get(ApplicationConfig))) return;
  for (const { controllers } of app.get(ModulesContainer).values()) {
    for (const { instance, metatype, isDependencyTreeStatic } of [...controllers.values()].map(asController)) {
      if (isDependencyTreeStatic && !isEnhanced(metatype)) serveMethods(instance, metatype, direct);
    }
  }
}

function asController(wrapper: { instance: unknown; metatype: unknown; isDependencyTreeStatic(): boolean }) {
  const { instance, metatype } = wrapper as { instance: object; metatype: Method };
  return { instance, metatype, isDependencyTreeStatic: wrapper.isDependencyTreeStatic() };
}

function serveMethods(instance: object, metatype: Method, direct: Direct): void {
  const prototype = metatype.prototype as Record<string, unknown>;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method = Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown;
    if (typeof method !== 'function' || isEnhanced(method as Method)) continue;
    const facts = factsOf(method);
    const readers = parameterReaders(prototype, name);
    const declared = Reflect.getMetadata(ROUTE_ARGS_METADATA, metatype, name) as object | undefined;
    if (facts === undefined || readers.length !== Object.keys(declared ?? {}).length) continue;
    direct.serve(facts, handlerOf(instance, method as Method, facts, direct));
  }
}

function handlerOf(instance: object, method: Method, { status }: RouteFacts, direct: Direct): RequestHandler {
  const readers = parameterReaders(Object.getPrototypeOf(instance) as object, method.name);
  return (request, reply) => {
    try {
      const parameters: unknown[] = [];
      for (const { index, read } of readers) parameters[index] = read(request, reply);
      const result = method.apply(instance, parameters);
      if (!(result instanceof Promise)) return direct.reply(reply, result, status);
      result
        .then((body) => direct.reply(reply, body, status))
        .catch((error: unknown) => direct.fail(error, request, reply));
    } catch (error) {
      direct.fail(error, request, reply);
    }
    return undefined;
  };
}

function isEnhanced(target: Method): boolean {
  return ENHANCERS.some((enhancer) => Reflect.hasMetadata(enhancer, target));
}

/** The problem filter is global as well; `fail` does what it does. */
function hasGlobalEnhancers(config: ApplicationConfig): boolean {
  const enhancers = [config.getGlobalGuards(), config.getGlobalInterceptors(), config.getGlobalPipes()];
  const scoped = [
    config.getGlobalRequestGuards(),
    config.getGlobalRequestInterceptors(),
    config.getGlobalRequestPipes(),
  ];
  return [...enhancers, ...scoped].some(({ length }) => length > 0) || config.getGlobalFilters().length > 1;
}
