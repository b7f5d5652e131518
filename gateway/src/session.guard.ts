import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import {
  CALLER_ID_HEADER,
  CALLER_ROLE_HEADER,
  Forbidden,
  Unauthenticated,
  limitBudget,
  type CallerIdentity,
} from '@stampede/service-kit';
import type { FastifyRequest } from 'fastify';
import { rowOf } from './public-route';
import { Tokens } from './tokens';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * Says who calls and whether they may, and starts the route's time. From here on the caller's headers are the gateway's
 * own word.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(private readonly tokens: Tokens) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const row = rowOf(context);
    if (context.getType() !== 'http' || row === undefined) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    limitBudget(request, row.budgetMs);
    const { roles } = row.route;
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (roles === 'anyone') {
      // A buyer's quota counts here too; a token that is over must not keep anybody from looking around.
      const known = token === undefined ? undefined : await this.tokens.verify(token).catch(() => undefined);
      if (known !== undefined) this.vouch(request, known);
      return true;
    }
    if (token === undefined) throw new Unauthenticated();
    const caller = await this.tokens.verify(token);
    if (!roles.includes(caller.role)) throw new Forbidden(`this needs the role ${roles.join(' or ')}`);
    this.vouch(request, caller);
    return true;
  }

  private vouch(request: FastifyRequest, { id, role }: CallerIdentity): void {
    request.headers[CALLER_ID_HEADER] = id;
    request.headers[CALLER_ROLE_HEADER] = role;
  }
}
