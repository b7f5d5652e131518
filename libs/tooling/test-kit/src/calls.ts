import { setTimeout as delay } from 'node:timers/promises';
import { PUBLIC_PREFIX } from '@stampede/contracts';
import { Agent, request, type Dispatcher } from 'undici';

/** What the shop answered. `status` 0: no answer, so nobody knows what happened. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const ATTEMPT_TIMEOUT_MS = 20_000;
/** Longer than any restart, takeover and breaker together, on a machine that does other work as well. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 100;

/** Public calls of one shop. Close it when done. */
export class Calls {
  private readonly agent = new Agent({ connections: 64, pipelining: 1 });

  constructor(readonly url: string) {}

  close(): Promise<void> {
    return this.agent.destroy();
  }

  /** One attempt, whatever comes of it. */
  async send<Body>(method: Dispatcher.HttpMethod, path: string, options: CallOptions = {}): Promise<Answer<Body>> {
    const { token, key, body } = options;
    const answer = await request(this.url + PUBLIC_PREFIX + path, {
      method,
      dispatcher: this.agent,
      signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    const isJson = String(answer.headers['content-type']).includes('json');
    const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : text;
    return { status: answer.statusCode, headers: answer.headers as Record<string, string>, body: parsed as Body };
  }

  /**
   * Repeats until the shop has an answer of its own, as a real client does: after no answer, 429, 503 and while the key
   * is in flight. For what may be done twice, and for what has a key. @throws Error with the last answer when that
   * takes a minute
   */
  async insist<Body>(method: Dispatcher.HttpMethod, path: string, options: CallOptions = {}): Promise<Answer<Body>> {
    for (const deadline = Date.now() + PATIENCE_MS; ; await delay(PAUSE_MS)) {
      const answer = await this.send<Body>(method, path, options).catch((error: Error) => noAnswer<Body>(error));
      if (!worthRepeating(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`${method} ${path} answers ${told(answer)} for a minute`);
    }
  }

  /** As `insist`, for what must go well. @throws Error with the answer when it does not */
  async insistOn<Body>(
    status: number,
    method: Dispatcher.HttpMethod,
    path: string,
    options: CallOptions = {},
  ): Promise<Body> {
    const answer = await this.insist<Body>(method, path, options);
    if (answer.status !== status) throw new Error(`${method} ${path} answered ${told(answer)}, not ${status}`);
    return answer.body;
  }

  /** An answer that is a stream, to its end; `onText` sees it as it comes. */
  async stream(
    path: string,
    { token, headers, onText = () => undefined }: CallOptions & { onText?: (text: string) => void },
  ): Promise<Answer<string>> {
    const answer = await request(this.url + PUBLIC_PREFIX + path, {
      dispatcher: this.agent,
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { accept: 'text/event-stream', authorization: `Bearer ${token}`, ...headers },
    });
    let body = '';
    for await (const chunk of answer.body) {
      body += String(chunk);
      onText(body);
    }
    return { status: answer.statusCode, headers: answer.headers as Record<string, string>, body };
  }
}

function noAnswer<Body>(error: Error): Answer<Body> {
  return { status: 0, headers: {}, body: { code: error.message } as Body };
}

function worthRepeating({ status, body }: Answer): boolean {
  if (status === 0 || status === 429 || status === 503) return true;
  return (body as { code?: string } | undefined)?.code === 'idempotency_in_flight';
}

function told({ status, body }: Answer): string {
  return `${status} ${JSON.stringify(body)}`;
}
