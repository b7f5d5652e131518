import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { CALLER_ID_HEADER, CALLER_ROLE_HEADER, Forbidden, Unauthenticated, limitBudget } from '@stampede/service-kit';
import type { FastifyRequest } from 'fastify';
import { rowOf } from './public-route';
import { Tokens } from './tokens';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** Says who calls and whether they may, and starts the route's time. From here on the caller's headers are the gateway's own word. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(private readonly tokens: Tokens) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const row = rowOf(context);
    if (context.getType() !== 'http' || row === undefined) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    limitBudget(request, row.budgetMs);
    const { roles } = row.route;
    if (roles === 'anyone') return true;
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new Unauthenticated();
    const caller = await this.tokens.verify(token);
    if (!roles.includes(caller.role)) throw new Forbidden(`this needs the role ${roles.join(' or ')}`);
    request.headers[CALLER_ID_HEADER] = caller.id;
    request.headers[CALLER_ROLE_HEADER] = caller.role;
    return true;
  }
}
