import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { CALLER_ID_HEADER, CALLER_ROLE_HEADER, CONFIG } from '@stampede/service-kit';
import { metricsOf } from '@stampede/telemetry';
import type { FastifyRequest } from 'fastify';
import { clientAddress } from './client-address';
import type { GatewayConfig } from './config';
import type { QuotaName } from './errors';
import { rowOf } from './public-route';
import { Quotas } from './quotas';

/** Counts a request for its address, before anything is done for it. */
@Injectable()
export class AddressQuotaGuard implements CanActivate {
  constructor(
    private readonly quotas: Quotas,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http' || rowOf(context) === undefined) return true;
    const { headers, socket } = context.switchToHttp().getRequest<FastifyRequest>();
    const forwardedFor = headers['x-forwarded-for'];
    const address = clientAddress(
      socket.remoteAddress ?? '',
      String(forwardedFor ?? '') || undefined,
      this.config.TRUSTED_PROXY_HOPS,
    );
    counted('address', this.config.service, () =>
      this.quotas.take('address', address, this.config.GATEWAY_ADDRESS_REQUESTS_PER_SECOND),
    );
    return true;
  }
}

/** Counts a request for its buyer; it comes after the guard that says who that is. */
@Injectable()
export class BuyerQuotaGuard implements CanActivate {
  constructor(
    private readonly quotas: Quotas,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (headers[CALLER_ROLE_HEADER] !== 'buyer') return true;
    const buyerId = String(headers[CALLER_ID_HEADER]);
    counted('buyer', this.config.service, () =>
      this.quotas.take('buyer', buyerId, this.config.GATEWAY_BUYER_REQUESTS_PER_SECOND),
    );
    return true;
  }
}

function counted(quota: QuotaName, service: string, take: () => void): void {
  try {
    take();
  } catch (error) {
    metricsOf(service).count('rateLimited', { quota });
    throw error;
  }
}
