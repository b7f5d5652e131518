import { randomBytes } from 'node:crypto';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { problems } from '@stampede/contracts';
import { throwError, type Observable } from 'rxjs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, classify, problemOf, retryAfterSeconds } from './problem';

const TRACE_ID_BYTES = 16;

/** What an unexpected error is told to; pino's order of arguments. */
export interface ErrorLog {
  error(fields: object, message: string): void;
}

/** Turns every error of the traffic port into `application/problem+json`; the only place where that is done. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: ErrorLog,
    private readonly isTransient: (error: unknown) => boolean,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void | Observable<never> {
    if (host.getType() === 'rpc') return throwError(() => error); // an event is not answered: the bus brings it again
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const classified = classify(error, this.isTransient);
    const route = request.routeOptions?.url ?? 'unknown';
    if (classified.unexpected)
      this.log.error({ err: error, method: request.method, route }, 'a request failed unexpectedly');
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    // a request that no hook has seen, because its path could not be read, has no trace yet
    if (!reply.hasHeader('x-trace-id')) reply.header('x-trace-id', randomBytes(TRACE_ID_BYTES).toString('hex'));
    if (classified.headers !== undefined) reply.headers(classified.headers);
    const retryAfterMs = classified.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS[classified.code];
    if (retryAfterMs !== undefined) reply.header('retry-after', retryAfterSeconds(retryAfterMs));
    void reply
      .code(problems[classified.code].status)
      .header('content-type', PROBLEM_TYPE)
      .send(JSON.stringify(problemOf(classified, request.originalUrl)));
  }
}

/** Answers that the contract wants `Retry-After` on even where the error names no time. */
const DEFAULT_RETRY_AFTER_MS: Readonly<Record<string, number>> = {
  rate_limited: 1_000,
  overloaded: 1_000,
  unavailable: 1_000,
  budget_spent: 1_000,
  outcome_unknown: 1_000,
  pricing_unavailable: 1_000,
  idempotency_in_flight: 1_000,
};
