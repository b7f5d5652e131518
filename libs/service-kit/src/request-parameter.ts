import { createParamDecorator } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

type Read<Data> = (request: FastifyRequest, data: Data, reply: FastifyReply) => unknown;

/** One parameter of a handler, as the direct call fills it. */
export interface ParameterReader {
  readonly index: number;
  readonly rank: number;
  readonly read: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

const readers = new WeakMap<object, Map<PropertyKey, ParameterReader[]>>();

/** In which order parameters are read, whatever their order in the signature: who asks comes before what is asked. */
export const RANKS = { caller: 0, header: 1, input: 2, reply: 3 } as const;

/** A parameter decorator that Nest's own router and the direct call both understand. */
export function requestParameter<Data>(read: Read<Data>, rank: keyof typeof RANKS): (data: Data) => ParameterDecorator {
  const forNest = createParamDecorator((data: Data, context) => {
    const http = context.switchToHttp();
    return read(http.getRequest<FastifyRequest>(), data, http.getResponse<FastifyReply>());
  });
  return (data) => (target, key, index) => {
    forNest(data as never)(target, key, index);
    if (key === undefined) return;
    const ofClass = readers.get(target) ?? new Map<PropertyKey, ParameterReader[]>();
    readers.set(target, ofClass);
    const known = ofClass.get(key) ?? [];
    known.push({ index, rank: RANKS[rank], read: (request, reply) => read(request, data, reply) });
    ofClass.set(key, known);
  };
}

/** The parameters of a handler that were declared with `requestParameter`, in reading order. */
export function parameterReaders(prototype: object, key: PropertyKey): readonly ParameterReader[] {
  const found = readers.get(prototype)?.get(key) ?? [];
  return found.toSorted((left, right) => left.rank - right.rank || left.index - right.index);
}
