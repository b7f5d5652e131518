import { Problem, problems, type ProblemCode, type Route } from '@stampede/contracts';
import type { Dispatcher } from 'undici';
import { RemoteProblem } from './errors';

/** What of a flattened input goes where. */
export interface Wire {
  readonly path: string;
  readonly body: string | undefined;
}

/** Writes a flattened input as path, query and body; the inverse of `inputParser`. */
export function wireWriter(route: Route): (input: Readonly<Record<string, unknown>>) => Wire {
  const params = Object.keys(route.params?.shape ?? {});
  const query = Object.keys(route.query?.shape ?? {});
  const elsewhere = new Set([...params, ...query]);
  return (input) => {
    let path = route.path;
    for (const name of params) path = path.replace(`{${name}}`, encodeURIComponent(String(input[name])));
    const search = new URLSearchParams();
    for (const name of query) if (input[name] !== undefined) search.set(name, String(input[name]));
    if (search.size > 0) path += `?${search.toString()}`;
    if (route.body === undefined) return { path, body: undefined };
    if (elsewhere.size === 0) return { path, body: JSON.stringify(input) };
    const rest = Object.entries(input).filter(([name]) => !elsewhere.has(name));
    return { path, body: JSON.stringify(Object.fromEntries(rest)) };
  };
}

/**
 * An answer that no contract knows: a proxy's, or one that cannot be read. `status` lets resilience judge the peer by
 * it.
 */
export class PeerFailure extends Error {
  override readonly name = 'PeerFailure';
  declare readonly retryAfterMs?: number;
  constructor(
    readonly peer: string,
    /** HTTP status; undefined where a success could not be read. */
    readonly status: number | undefined,
    message: string,
    options: ErrorOptions & { retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    if (options.retryAfterMs !== undefined) Object.assign(this, { retryAfterMs: options.retryAfterMs });
  }
}

/** Reads an answer: unknown fields are tolerated, missing ones are not. @throws RemoteProblem, PeerFailure */
export async function readReply(peer: string, route: Route, response: Dispatcher.ResponseData): Promise<unknown> {
  const { statusCode } = response;
  const text = await response.body.text();
  if (statusCode < 200 || statusCode > 299) throw refusal(peer, statusCode, text, retryAfterOf(response.headers));
  const reply = route.reply.safeParse(text === '' ? undefined : parseJson(text));
  if (reply.success) return reply.data;
  throw new PeerFailure(
    peer,
    undefined,
    `${peer} answered ${route.method} ${route.path} with something else than the contract says`,
    {
      cause: reply.error,
    },
  );
}

function refusal(peer: string, status: number, text: string, retryAfterMs: number | undefined): Error {
  const problem = Problem.safeParse(parseJson(text));
  if (problem.success && Object.hasOwn(problems, problem.data.code)) {
    const { code, detail, errors } = problem.data;
    return new RemoteProblem(peer, code as ProblemCode, detail, retryAfterMs, errors);
  }
  return new PeerFailure(peer, status, `${peer} answered ${status}`, { retryAfterMs });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // no schema of the contract takes it, so it is reported as a break of the contract
  }
}

function retryAfterOf(headers: Dispatcher.ResponseData['headers']): number | undefined {
  const value = headers['retry-after'];
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : undefined;
}
