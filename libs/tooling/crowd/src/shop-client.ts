import { setTimeout as delay } from 'node:timers/promises';
import { PUBLIC_PREFIX, type Problem } from '@stampede/contracts';
import { Agent, request, type Dispatcher } from 'undici';

/** What one call came to, as the buyer saw it. `status` 0: no answer. */
export interface Outcome<Body> {
  readonly status: number;
  readonly body: Body | undefined;
  readonly code: string | undefined;
  readonly retryAfterMs: number;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Told of every attempt: the name of the route, its status (0: no answer) and how long it took. */
export type Observer = (route: string, status: number, latencyMs: number) => void;

const ATTEMPT_TIMEOUT_MS = 15_000;
const MOST_ATTEMPTS = 6;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 5_000;
const CONNECTIONS = 256;

/** A shop as its buyers reach it: attempts are observed, retries are a real client's. Close it when done. */
export class ShopClient {
  private readonly agent = new Agent({ connections: CONNECTIONS, pipelining: 1 });

  constructor(
    readonly url: string,
    private readonly observe: Observer = () => undefined,
    private readonly random: () => number = Math.random,
  ) {}

  close(): Promise<void> {
    return this.agent.destroy();
  }

  /** One attempt, never throwing: an unanswered call is an outcome as well. */
  async attempt<Body>(
    route: string,
    method: Dispatcher.HttpMethod,
    path: string,
    options: CallOptions = {},
  ): Promise<Outcome<Body>> {
    const startedAt = performance.now();
    const outcome = await this.send<Body>(method, path, options);
    this.observe(route, outcome.status, performance.now() - startedAt);
    return outcome;
  }

  /**
   * Repeats what may be repeated (no answer, 429, 503, a key in flight) up to six times with full jitter, never before
   * `Retry-After`. For GET and for requests with an `Idempotency-Key` only: anything else might be done twice.
   */
  async persist<Body>(
    route: string,
    method: Dispatcher.HttpMethod,
    path: string,
    options: CallOptions = {},
  ): Promise<Outcome<Body>> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.attempt<Body>(route, method, path, options);
      if (!worthRepeating(outcome) || attempt === MOST_ATTEMPTS) return outcome;
      const backoffMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
      await delay(outcome.retryAfterMs + this.random() * backoffMs);
    }
  }

  private async send<Body>(
    method: Dispatcher.HttpMethod,
    path: string,
    { token, body, headers }: CallOptions,
  ): Promise<Outcome<Body>> {
    try {
      const answer = await request(this.url + PUBLIC_PREFIX + path, {
        method,
        dispatcher: this.agent,
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
        headers: {
          ...headers,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.body.text();
      const parsed: unknown = text === '' ? undefined : JSON.parse(text);
      const failed = answer.statusCode >= 400;
      return {
        status: answer.statusCode,
        body: failed ? undefined : (parsed as Body),
        code: failed ? (parsed as Problem | undefined)?.code : undefined,
        retryAfterMs: Number(answer.headers['retry-after'] ?? 0) * 1_000,
      };
    } catch {
      return { status: 0, body: undefined, code: undefined, retryAfterMs: 0 }; // no answer: what happened is not known
    }
  }
}

function worthRepeating({ status, code }: Outcome<unknown>): boolean {
  return status === 0 || status === 429 || status === 503 || code === 'idempotency_in_flight';
}
