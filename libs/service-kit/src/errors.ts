import { problems, type Problem, type ProblemCode } from '@stampede/contracts';

export type FieldError = NonNullable<Problem['errors']>[number];

/** A refusal that a caller may read: its code, its detail and its headers are answered as they are, nothing else is. */
export abstract class DomainError extends Error {
  abstract readonly code: ProblemCode;
  /** When trying again may help, in milliseconds; answered as `Retry-After` in whole seconds, rounded up. */
  declare readonly retryAfterMs?: number;
  declare readonly errors?: readonly FieldError[];
  declare readonly headers?: Readonly<Record<string, string>>;

  override get name(): string {
    return this.constructor.name;
  }

  get status(): number {
    return problems[this.code].status;
  }

  /** What the answer says; the message, so that logs and answers agree. */
  get detail(): string {
    return this.message;
  }
}

/** 404: there is no such thing, or it is another's. */
export class NotFound extends DomainError {
  override readonly code = 'not_found';
  constructor(detail = 'there is no such thing here') {
    super(detail);
  }
}

/**
 * 400: the request does not fit the contract. `pointer` is a JSON pointer into the body (`/quantity`), `?name` for a
 * query parameter, `{name}` for a path parameter.
 */
export class ValidationFailed extends DomainError {
  override readonly code = 'validation_failed';
  constructor(override readonly errors: readonly FieldError[]) {
    super(
      errors.length === 1
        ? 'one part of the request is not valid'
        : `${errors.length} parts of the request are not valid`,
    );
  }
}

/** 401: nobody has vouched for the caller. */
export class Unauthenticated extends DomainError {
  override readonly code = 'unauthenticated';
  override readonly headers = { 'www-authenticate': 'Bearer' };
  constructor(detail = 'a valid access token is needed') {
    super(detail);
  }
}

/** 403: the caller is known, but this role may not do this. */
export class Forbidden extends DomainError {
  override readonly code = 'forbidden';
  constructor(detail = 'this role may not do this') {
    super(detail);
  }
}

const RETRY_UNAVAILABLE_MS = 1_000;

/** 503: something that is needed cannot be had, and nothing was done: safe to repeat. */
export class Unavailable extends DomainError {
  override readonly code = 'unavailable';
  constructor(
    detail = 'a part of the shop cannot be reached',
    override readonly retryAfterMs: number = RETRY_UNAVAILABLE_MS,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}

/** A refusal for which a code is enough. */
export class Refused extends DomainError {
  declare readonly retryAfterMs?: number;
  constructor(
    override readonly code: ProblemCode,
    detail: string = problems[code].title,
    options: ErrorOptions & { retryAfterMs?: number; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail, options);
    if (options.retryAfterMs !== undefined) Object.assign(this, { retryAfterMs: options.retryAfterMs });
    if (options.headers !== undefined) Object.assign(this, { headers: options.headers });
  }
}

/** A peer refused with a code of the contract; answered on as it is unless the caller of the peer knows better. */
export class RemoteProblem extends DomainError {
  constructor(
    readonly peer: string,
    override readonly code: ProblemCode,
    detail: string,
    retryAfterMs?: number,
    errors?: readonly FieldError[],
  ) {
    super(detail);
    if (retryAfterMs !== undefined) Object.assign(this, { retryAfterMs });
    if (errors !== undefined) Object.assign(this, { errors });
  }
}
