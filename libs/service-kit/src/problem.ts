import { HttpException } from '@nestjs/common';
import { problems, type Problem, type ProblemCode } from '@stampede/contracts';
import { DomainError } from './errors';

/** An error as a client may see it. `unexpected` errors are logged; what they say stays here. */
export interface ClassifiedError {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly retryAfterMs?: number | undefined;
  readonly errors?: Problem['errors'];
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly unexpected: boolean;
}

const RETRY_TRANSIENT_MS = 1_000;

/** How Fastify's own refusals read in the contract's words. */
const FRAMEWORK_CODES: Readonly<Record<string, { code: ProblemCode; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body_too_large', detail: 'a body has at most 64 KiB' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    detail: 'the body must be application/json in UTF-8',
  },
  FST_ERR_CTP_EMPTY_TYPE: { code: 'unsupported_media_type', detail: 'the body must be application/json in UTF-8' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'malformed_json', detail: 'the body is empty' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'malformed_json', detail: 'the body is not JSON' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'malformed_json',
    detail: 'the body is shorter or longer than its Content-Length',
  },
  FST_ERR_BAD_URL: { code: 'validation_failed', detail: 'the path is not a valid URL path' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'validation_failed', detail: 'a part of the path is too long' },
};

/** Total: every thrown value becomes a problem of the contract. */
export function classify(error: unknown, isTransient: (error: unknown) => boolean = () => false): ClassifiedError {
  if (error instanceof DomainError) return { ...picked(error), unexpected: error.code === 'internal' };
  const known = knownCode(error);
  if (known !== undefined) return known;
  if (isTransient(error)) {
    return {
      code: 'unavailable',
      detail: 'a store cannot be reached',
      retryAfterMs: RETRY_TRANSIENT_MS,
      unexpected: false,
    };
  }
  return { code: 'internal', detail: 'something went wrong here', unexpected: true };
}

function picked(error: DomainError): Omit<ClassifiedError, 'unexpected'> {
  return {
    code: error.code,
    detail: error.detail,
    retryAfterMs: error.retryAfterMs,
    ...(error.errors === undefined ? {} : { errors: [...error.errors] }),
    headers: error.headers,
  };
}

/** Errors of the mechanisms and of the framework: they carry a `code`, but are no DomainError. */
function knownCode(error: unknown): ClassifiedError | undefined {
  if (!(error instanceof Error)) return undefined;
  const cause = error instanceof HttpException && error.cause instanceof Error ? error.cause : error;
  const { code, retryAfterMs } = cause as { code?: unknown; retryAfterMs?: unknown };
  if (typeof code === 'string') {
    const framework = FRAMEWORK_CODES[code];
    if (framework !== undefined) return { ...framework, unexpected: false };
    if (Object.hasOwn(problems, code)) {
      const known = code as ProblemCode;
      return {
        code: known,
        detail: problems[known].title,
        retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
        unexpected: false,
      };
    }
  }
  return statusOf(cause);
}

/** Client errors of the framework that have no code of their own, such as Nest's guards. */
function statusOf(error: Error): ClassifiedError | undefined {
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  const match = FIRST_CODE_OF_STATUS.get(status) ?? 'validation_failed';
  return { code: match, detail: problems[match].title, unexpected: false };
}

const FIRST_CODE_OF_STATUS = new Map<number, ProblemCode>(
  (Object.keys(problems) as ProblemCode[]).toReversed().map((code) => [problems[code].status, code]),
);

/** The problem document of RFC 9457. `instance` is the path alone: a query may hold what is private. */
export function problemOf(error: ClassifiedError, url: string): Problem {
  const { status, title } = problems[error.code];
  const query = url.indexOf('?');
  return {
    type: `urn:stampede:problem:${error.code}`,
    title,
    status,
    detail: error.detail,
    instance: query === -1 ? url : url.slice(0, query),
    code: error.code,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  };
}

export const PROBLEM_TYPE = 'application/problem+json';

/** Whole seconds, at least one: `Retry-After: 0` would invite a stampede. */
export function retryAfterSeconds(retryAfterMs: number): string {
  return String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
}
