import { Controller, Req, Res } from '@nestjs/common';
import { EventStream, Events, preferredWaitSeconds } from '@stampede/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Forward } from './forward';

import { Public } from './public-route';
import { routes } from './routes';

const SECOND_MS = 1_000;

/** Routes that one service answers whole. That service checks their input: the schemas are the same on both sides. */
@Controller()
export class ForwardController {
  constructor(private readonly forward: Forward) {}

  @Public('listEvents')
  listEvents(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.forward.answer(routes.listEvents, request, reply);
  }

  @Public('releaseHold')
  releaseHold(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.forward.answer(routes.releaseHold, request, reply);
  }

  @Public('placeOrder')
  placeOrder(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.forward.answer(
      routes.placeOrder,
      request,
      reply,
      (preferredWaitSeconds(request.headers['prefer']) ?? 0) * SECOND_MS,
    );
  }

  @Public('listOrders')
  listOrders(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.forward.answer(routes.listOrders, request, reply);
  }

  @Public('readOrder')
  readOrder(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.forward.answer(routes.readOrder, request, reply);
  }

  @Public('streamOrder')
  streamOrder(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Events() events: EventStream,
  ): Promise<void> {
    return this.forward.stream(routes.streamOrder, request, reply, events);
  }

  @Public('audit')
  audit(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.forward.answer(routes.audit, request, reply);
  }
}
