import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { textAt } from './lab-metrics';

const HOST = '127.0.0.1';
const POLL_MS = 100;
const PROBE_MS = 1_000;

/** One replica of the gateway. */
export interface Upstream {
  readonly port: number;
  readonly adminUrl: string;
}

/**
 * The one address of several gateways: a balancer of connections, as a cloud's load balancer is. New ones go to the
 * replica that says it is ready and has the fewest; those that are open stay where they are. A replica that refuses a
 * connection costs the client nothing: the next one gets it.
 */
export class Edge {
  private readonly ready = new Set<Upstream>();
  private readonly open = new Map<Upstream, Set<Socket>>();
  private readonly closing = new AbortController();
  private readonly listener: Server;
  private polling: Promise<void> = Promise.resolve();

  constructor(private readonly upstreams: readonly Upstream[]) {
    for (const upstream of upstreams) this.open.set(upstream, new Set());
    this.listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.serve(client, new Set()));
  }

  /** Resolves with the port when it takes connections. */
  async listen(port = 0): Promise<number> {
    this.listener.listen({ port, host: HOST, exclusive: true });
    await once(this.listener, 'listening');
    this.polling = Promise.all(this.upstreams.map((upstream) => this.watch(upstream))).then(() => undefined);
    return (this.listener.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.closing.abort();
    for (const sockets of this.open.values()) for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => this.listener.close(resolve));
    await this.polling;
  }

  private async watch(upstream: Upstream): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      const isReady = (await textAt(`${upstream.adminUrl}/readyz`, {}, PROBE_MS)) !== undefined;
      if (isReady) this.ready.add(upstream);
      else this.ready.delete(upstream);
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined); // closed: the loop ends
    }
  }

  private serve(client: Socket, tried: Set<Upstream>): void {
    const upstream = this.choose(tried);
    client.on('error', () => undefined); // `close` follows
    if (upstream === undefined) return void client.resetAndDestroy();
    tried.add(upstream);
    const server = connect({ port: upstream.port, host: HOST, allowHalfOpen: true, noDelay: true });
    const refused = () => this.serve(client, tried);
    server.once('error', refused);
    server.once('connect', () => {
      server.off('error', refused);
      this.join(client, server, upstream);
    });
  }

  private join(client: Socket, server: Socket, upstream: Upstream): void {
    this.open.get(upstream)?.add(client);
    client.once('close', () => {
      this.open.get(upstream)?.delete(client);
      server.destroy();
    });
    server.on('error', () => client.resetAndDestroy());
    if (client.destroyed) return void server.destroy();
    client.pipe(server);
    server.pipe(client);
  }

  private choose(tried: ReadonlySet<Upstream>): Upstream | undefined {
    const [best] = this.upstreams
      .filter((upstream) => this.ready.has(upstream) && !tried.has(upstream))
      .toSorted((a, b) => this.connections(a) - this.connections(b));
    return best;
  }

  private connections(upstream: Upstream): number {
    return this.open.get(upstream)?.size ?? 0;
  }
}
