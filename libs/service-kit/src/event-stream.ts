import type { FastifyReply } from 'fastify';
import { requestParameter } from './request-parameter';

/** A comment is sent that often, so that proxies and browsers do not take a quiet stream for a dead one. */
const KEEP_ALIVE_MS = 15_000;

/** Streams under way of one server, so that a drain can end them: they would never end by themselves. */
export class OpenStreams {
  private readonly streams = new Set<EventStream>();

  add(stream: EventStream): void {
    this.streams.add(stream);
    stream.closed.addEventListener('abort', () => this.streams.delete(stream), { once: true });
  }

  closeAll(): void {
    for (const stream of this.streams) stream.close();
  }
}

export interface StreamEvent {
  readonly event: string;
  readonly id: number | string;
  readonly data: unknown;
}

/** Server-sent events over one answer. Nothing is sent before the first `send`, so that a handler may still refuse. */
export class EventStream {
  /** `Last-Event-ID` of a client that comes back. */
  readonly lastEventId: string | undefined;
  private readonly ended = new AbortController();
  private keepAlive: NodeJS.Timeout | undefined;

  constructor(
    private readonly reply: FastifyReply,
    private readonly streams: OpenStreams | undefined,
  ) {
    const header = reply.request.headers['last-event-id'];
    this.lastEventId = typeof header === 'string' ? header : undefined;
    reply.raw.once('close', () => this.end());
  }

  /** Aborted when the client has gone, the server drains, or `close` was called. */
  get closed(): AbortSignal {
    return this.ended.signal;
  }

  /** Opens the answer if need be. What is sent after the end is dropped. */
  send({ event, id, data }: StreamEvent): void {
    if (this.ended.signal.aborted) return;
    this.open();
    if (this.ended.signal.aborted) return; // HEAD: the head was all
    this.reply.raw.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Passes another service's events on as they come; resolves when they end, or when this stream is closed. */
  async pass(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.open();
    clearInterval(this.keepAlive); // the other service keeps it alive; a comment of ours could split an event of its
    for await (const chunk of chunks) {
      if (this.ended.signal.aborted) break;
      this.reply.raw.write(chunk);
    }
    this.close();
  }

  /** Ends the answer; an answer that was never opened is left to the handler. */
  close(): void {
    if (this.keepAlive !== undefined) this.reply.raw.end();
    this.end();
  }

  /** Answers 200 now; from here on nothing can be refused any more. */
  open(): void {
    if (this.keepAlive !== undefined) return;
    const headers = this.reply.getHeaders();
    this.reply.hijack();
    this.reply.raw.writeHead(200, {
      ...(headers as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    this.reply.raw.flushHeaders(); // whoever waits for the head must not wait for the first event
    this.keepAlive = setInterval(() => this.reply.raw.write(':\n\n'), KEEP_ALIVE_MS);
    this.keepAlive.unref();
    this.streams?.add(this);
    if (this.reply.request.method === 'HEAD') this.close(); // its answer has no body, however long
  }

  private end(): void {
    clearInterval(this.keepAlive);
    this.ended.abort();
  }
}

/** Property of the Fastify instance that holds its open streams. */
export const STREAMS = 'stampedeStreams';

const events = requestParameter(({ server }, _: undefined, reply) => {
  const streams = (server as unknown as Record<string, OpenStreams | undefined>)[STREAMS];
  return new EventStream(reply, streams);
}, 'reply');

/**
 * An `EventStream` over the answer of this request; pair it with `@Handle(route, { produces: 'text/event-stream' })`.
 */
export function Events(): ParameterDecorator {
  return events(undefined);
}
