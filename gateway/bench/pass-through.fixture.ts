import 'reflect-metadata';
import { Controller, Module, Req, Res } from '@nestjs/common';
import { api, catalogApi } from '@stampede/contracts';
import { Handle, boot, defineSettings } from '@stampede/service-kit';
import { clientTracing } from '@stampede/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Agent } from 'undici';

/**
 * A service equipped as the gateway is (contract, tracing, metrics, shedding) that passes one route on and does nothing
 * else for it.
 */
const settings = defineSettings('pass', {}, { peers: ['catalog'] });
const passApi = api('pass', { listEvents: { ...catalogApi.routes.listEvents, path: '/api/v1/events' } });
const dispatcher = new Agent({ connections: 64 }).compose(clientTracing({ peer: 'catalog' }));

@Controller()
class PassController {
  @Handle(passApi.routes.listEvents)
  async pass(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const origin = process.env['CATALOG_URLS'] ?? '';
    const answer = await dispatcher.request({
      origin,
      path: '/events',
      method: 'GET',
      headers: { accept: request.headers.accept ?? '*/*' },
    });
    reply.code(answer.statusCode).header('content-type', answer.headers['content-type']);
    void reply.send(await answer.body.text());
  }
}

@Module({ controllers: [PassController] })
class PassModule {}

void boot({ settings, load: () => ({ module: PassModule }) });
