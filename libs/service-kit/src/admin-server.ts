import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOn } from './listen';
import { PROBLEM_TYPE, classify, problemOf } from './problem';
import { problems } from '@stampede/contracts';
import { Refused } from './errors';

/** One more thing that the admin port answers; gets the parsed JSON body. A DomainError becomes a problem. */
export type AdminRoute = (body: unknown) => unknown;

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  /** `true`, or why not. */
  readonly ready: () => true | string;
  /** Prometheus text. */
  readonly metrics: () => Promise<string> | string;
  /** Keyed by method and path: `POST /tokens`. */
  readonly routes?: Readonly<Record<string, AdminRoute>> | undefined;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 64 * 1024;
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Probes and metrics on a port of their own, so that a full traffic port never hides the process from its platform. */
export async function openAdminServer(options: AdminOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => refuse(error, request, response));
  });
  const port = await listenOn(server, options.host, options.port);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(options: AdminOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? '/';
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const key = `${method} ${path}`;
  if (key === 'GET /livez') return send(response, 200, 'ok\n');
  if (key === 'GET /readyz') {
    const ready = options.ready();
    return ready === true ? send(response, 200, 'ok\n') : send(response, 503, `${ready}\n`);
  }
  if (key === 'GET /metrics') return send(response, 200, await options.metrics(), METRICS_TYPE);
  const route = options.routes?.[key];
  if (route === undefined) throw new Refused('not_found', 'the admin port has no such route');
  refuseBrowsers(request);
  const reply = await route(await readJson(request));
  return send(response, 200, JSON.stringify(reply ?? null), 'application/json');
}

/**
 * A web page must not act here for whoever has it open: browsers say where a request comes from, and cannot send JSON
 * elsewhere without asking first.
 */
function refuseBrowsers({ method, headers }: IncomingMessage): void {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    throw new Refused('forbidden', 'the admin port takes no requests of web pages');
  }
  if (method !== 'GET' && !String(headers['content-type']).startsWith('application/json'))
    throw new Refused('unsupported_media_type');
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

function refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
  const classified = classify(error);
  send(
    response,
    problems[classified.code].status,
    JSON.stringify(problemOf(classified, request.url ?? '/')),
    PROBLEM_TYPE,
  );
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) throw new Refused('body_too_large');
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch (cause) {
    throw new Refused('malformed_json', 'the body is not JSON', { cause });
  }
}
